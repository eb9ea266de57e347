"""The shipped configuration files, and the way from them to typed objects."""

import ast
import dataclasses
import functools
import re
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

import fade
from fade.cli.main import run
from fade.config import CONF, GROUPS, compose_study, known_keys, options, register, typed
from fade.data import DatasetConfig
from fade.estimators.independent_paths import IndependentPathsConfig
from fade.estimators.supernet import SupernetConfig
from fade.estimators.synthetic import SyntheticConfig
from fade.nets.config import SpaceConfig
from fade.search import FixedConfig, PseudoGradientConfig, RandomRegionsConfig
from fade.study.config import ConfigurationError, Seeds, StudyConfig
from fade.study.folder import config_text
from fade.tracking.config import TrackingConfig
from fade.truth.config import TruthConfig
from tests.data.small_datasets import fake_cifar10, fake_mnist, fake_svhn, image_folder, npz, random_images

SCHEMAS = (
    DatasetConfig,
    SpaceConfig,
    SupernetConfig,
    IndependentPathsConfig,
    SyntheticConfig,
    PseudoGradientConfig,
    RandomRegionsConfig,
    FixedConfig,
    TruthConfig,
    TrackingConfig,
    Seeds,
    StudyConfig,
)
CHOICES = [(group, option) for group in GROUPS for option in options(group)]

FEW = ("search.candidates=3",)  # NAS-Bench-Macro has no more
NEEDS = {"table": ["space=nas_bench_macro"]}
RECIPES = {"consensus": "joint", "conv_ops": "conv"}  # options that are another kind of what is named here


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory):
    """By data set, the overrides without which it cannot be had offline."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        yield {
            "cifar10": [f"dataset.root={fake_cifar10(folder / 'cifar10', patch)}"],
            "mnist": [f"dataset.root={fake_mnist(folder / 'mnist')}"],
            "fashion_mnist": [f"dataset.root={fake_mnist(folder / 'fashion', 'FashionMNIST')}"],
            "svhn": [f"dataset.root={fake_svhn(folder / 'svhn', patch)}"],
            "image_folder": [f"dataset.root={image_folder(folder / 'images')}"],
            "npz": [f"dataset.root={npz(folder / 'a.npz', random_images(40, 9, 9, 3), ['a', 'b'], 20)}"],
            "cifar100": ["dataset.download=true"],
        }


@functools.cache
def composed_once(*overrides: str) -> StudyConfig:
    return compose_study(overrides)


@pytest.mark.parametrize(("group", "option"), CHOICES)
def test_every_option_composes_and_validates(group: str, option: str, needed: dict[str, list[str]]) -> None:
    more = needed.get(option, []) if group == "dataset" else []
    if group == "experiment":
        chosen = yaml.safe_load((CONF / group / f"{option}.yaml").read_text()).get("defaults", [])
        datasets = [item["override /dataset"] for item in chosen if "override /dataset" in item]
        more = [word for dataset in datasets for word in needed.get(dataset, [])]
    config = composed_once(*FEW, *NEEDS.get(option, []), f"{group}={option}", *more)
    assert isinstance(config, StudyConfig)
    if group != "experiment":
        assert getattr(config, group).name == RECIPES.get(option, option)


@pytest.mark.parametrize(("group", "option"), [choice for choice in CHOICES if choice[0] != "experiment"])
def test_an_option_says_what_it_is_and_sets_only_what_differs_from_the_defaults(group: str, option: str) -> None:
    text = (CONF / group / f"{option}.yaml").read_text()
    assert text.startswith("# ")
    assert len(text.splitlines()) <= 25
    values = {key: value for key, value in yaml.safe_load(text).items() if key not in ("defaults", "name")}
    with_it = composed_once(*_minimal(group, option))
    schema = type(getattr(with_it, group))
    defaults = {item.name: item for item in dataclasses.fields(schema)}
    assert set(values) <= set(defaults)
    for key, value in values.items():
        assert value != defaults[key].default, f"{group}/{option}.yaml repeats the default of {key}"


@pytest.mark.parametrize("experiment", options("experiment"))
def test_an_experiment_is_named_after_its_file(experiment: str) -> None:
    text = (CONF / "experiment" / f"{experiment}.yaml").read_text()
    assert text.startswith("# @package _global_\n# ")
    assert yaml.safe_load(text)["name"] == experiment


def _minimal(group: str, option: str) -> list[str]:
    download = ["dataset.download=true"] if group == "dataset" else []
    root = ["dataset.root=."] if option == "npz" else []
    if option in ("npz", "image_folder"):
        pytest.skip("needs files; the keys are those of its siblings")
    return [*FEW, *NEEDS.get(option, []), f"{group}={option}", *download, *root]


def test_the_composition_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--cfg", "job", "trainer=fair", "seed=3"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["trainer"]["name"] == "fair"
    assert printed["seed"] == 3
    assert set(printed) == {item.name for item in dataclasses.fields(StudyConfig)}


def test_every_key_is_read_somewhere() -> None:
    """Each field's name is an attribute or a text somewhere outside the declaration and validation of its own class."""
    names = {item.name for schema in SCHEMAS for item in dataclasses.fields(schema)}
    read: set[str] = set()
    for path in Path(fade.__file__).parent.rglob("*.py"):
        for node in ast.walk(_without_post_init(ast.parse(path.read_text()))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                read.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
                read.add(node.value)
    assert names - read == set()


def _without_post_init(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            node.body = [item for item in node.body if getattr(item, "name", "") != "__post_init__"] or [ast.Pass()]
    return tree


def test_every_key_is_explained() -> None:
    for schema in SCHEMAS:
        told = " ".join(base.__doc__ or "" for base in schema.__mro__)
        for item in dataclasses.fields(schema):
            assert re.search(rf"\b{item.name}:", told), f"{schema.__name__}.{item.name}"


def test_all_keys_are_known() -> None:
    register()
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = compose("config")
    keys = set(composed) | {f"{group}.{key}" for group in GROUPS[:-1] for key in composed[group]}
    assert keys <= set(known_keys())


@pytest.mark.parametrize(
    "overrides",
    [
        ["experiment=demo"],
        ["trainer=synthetic", "search.utilities=true"],
        ["search=fixed", "search.cells=[[2,2/0-1:conv3],[2,2/0-1:conv3]]", "space.depth=2", "space.vertices=[2,4]"],
        ["truth=retrain", "truth.paths=all", "tracking.tags=[a,true]", "search.match=[edges]", "seeds.search=0"],
    ],
)
def test_config_yaml_reads_back(overrides: list[str]) -> None:
    config = compose_study(overrides)
    register()
    GlobalHydra.instance().clear()
    groups = [f"{name}={getattr(config, name).name}" for name in ("trainer", "search")]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = OmegaConf.merge(compose("config", overrides=groups), OmegaConf.create(config_text(config)))
    assert typed(composed) == config  # type: ignore[arg-type]


def test_paths_are_enough_once_rounded_up_to_whole_groups() -> None:
    """Of 4 candidates in each of 3 stages."""
    assert compose_study(["trainer=joint", "trainer.readout=pairs", "trainer.readout_paths=10"])
    with pytest.raises(ConfigurationError, match=r"readout_paths=8 .*at least 12"):
        compose_study(["trainer=joint", "trainer.readout=pairs", "trainer.readout_paths=8"])


def test_bare_words_stay_words() -> None:
    config = compose_study(["trainer=synthetic", "search.utilities=true", "tracking.tags=[true,x]"])
    assert config.search.utilities == "true"  # type: ignore[attr-defined]
    assert config.truth.curve is False


def test_defaults_of_the_files_are_those_of_python() -> None:
    composed = compose_study()
    by_hand = StudyConfig()
    assert composed == by_hand
