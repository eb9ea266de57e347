"""Trainings that are looked up before they are done."""

import linecache
from dataclasses import replace

import numpy as np
import pytest

from fade.estimators import TrainingRecord
from fade.estimators.readouts.candidate_losses import Alone
from fade.estimators.results import joined, mean_of_trainings
from fade.estimators.supernet import SupernetConfig
from fade.nets import vocabulary
from fade.seeds import subseed
from fade.store import Store
from fade.training.fit import fit, usable
from fade.training.lookup import DivergedError
from fade.training.recipe import NetworkRecipe
from tests.training.samples import (
    SPACE,
    make_data,
    make_estimator,
    make_region,
    make_trainings,
    train_alone,
    trained_once,
)

CONFIG = SupernetConfig(name="fair", epochs=1, batch_size=20, readout_paths=4, all_readouts=True)


@pytest.fixture(scope="module")
def data():
    return make_data()


def train(data, folder, config=CONFIG, **more):
    """The result of a region's trainings, with a store in a folder."""
    return make_estimator(config, make_trainings(data, folder, **more)).train(make_region())


@pytest.fixture(scope="module")
def several(data, tmp_path_factory):
    """A store after three trainings of a region, their mean, and what was announced."""
    announced, folder = [], tmp_path_factory.mktemp("store")
    return folder, train(data, folder, replace(CONFIG, repeats=3), announce=announced.append), announced


def test_each_training_has_a_seed_of_its_own_and_the_mean_is_read(data, several):
    _, mean, announced = several
    assert announced == [f"region of 2 × 3 cells, training {n} of 3" for n in (1, 2, 3)]
    each = [
        trained_once(make_region(), CONFIG, data, seed=seed, readout_seed=5)
        for seed in (5, subseed(5, "repeat", 1), subseed(5, "repeat", 2))
    ]
    for name, scores in mean["readouts"].items():
        np.testing.assert_allclose(scores, np.mean([one["readouts"][name] for one in each], 0), rtol=1e-6)
    for key in ("losses", "accuracies"):
        np.testing.assert_allclose(mean["path_losses"][key], np.mean([one["path_losses"][key] for one in each], 0))
    assert len({tuple(one["path_losses"]["losses"]) for one in each}) == 3
    assert mean["path_losses"]["paths"] == each[0]["path_losses"]["paths"]
    assert mean["train_flops"] == 3 * train(data, several[0])["train_flops"]
    assert len(mean["epoch_seconds"]) == 3
    assert mean["parameters"] == each[0]["parameters"]


def test_one_training_more_trains_one_more(data, several):
    announced = []
    for repeats in (3, 1, 4):
        train(data, several[0], replace(CONFIG, repeats=repeats), announce=announced.append)
    assert announced == ["region of 2 × 3 cells, training 4 of 4"]


def test_what_a_read_out_interrupts_is_not_trained_again(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "__kwdefaults__", {**fit.__kwdefaults__, "every": 0.0})
    epochs = []

    def trained():
        return train(data, tmp_path, announce=lambda _: lambda done, _: epochs.append(done))

    with monkeypatch.context() as patch:
        patch.setattr(Alone, "measure", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained()
    again = trained()
    assert epochs == [1]
    other = train(data, tmp_path / "other")
    assert {**again, "seconds": 0, "epoch_seconds": []} == {**other, "seconds": 0, "epoch_seconds": []}
    assert not list((tmp_path / "unfinished").iterdir())
    left = tmp_path / "unfinished" / f"{next(Store(tmp_path).entries()).key}.ckpt"
    left.touch()  # by a kill as soon as the result is there
    assert trained() == again
    assert not left.exists()


def interrupted(*_):
    raise KeyboardInterrupt


def test_who_loses_the_checkpoint_to_another_takes_its_result(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "__kwdefaults__", {**fit.__kwdefaults__, "every": 0.0})
    results = []
    with monkeypatch.context() as patch:
        patch.setattr(Alone, "measure", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(data, tmp_path)

    def overtaken(checkpoint):
        monkeypatch.setattr("fade.training.fit.usable", usable)
        results.append(train(data, tmp_path))  # by another process, which then removes the checkpoint
        assert not checkpoint.exists()
        return checkpoint

    monkeypatch.setattr("fade.training.fit.usable", overtaken)
    assert [train(data, tmp_path)] == results


def test_a_file_that_is_missing_is_named_where_nobody_has_the_result(data, tmp_path, monkeypatch):
    monkeypatch.setattr("fade.training.fit.usable", lambda checkpoint: checkpoint)
    with pytest.raises(FileNotFoundError, match=r"\.ckpt"):
        train(data, tmp_path)


def test_what_was_trained_here_is_not_counted_as_stored(data, several, tmp_path):
    for folder, config, repeated in ((several[0], replace(CONFIG, repeats=3), 2), (tmp_path, CONFIG, 0)):
        trainings = make_trainings(data, folder)
        seconds = [make_estimator(config, trainings).train(make_region())["seconds"] for _ in range(2)]
        assert trainings.stored_seconds == pytest.approx(repeated * seconds[0])


def test_fair_trainings_beside_others_add_their_effects_and_their_cost(data, tmp_path):
    announced = []
    joint = SupernetConfig(epochs=1, batch_size=20, readout_paths=4, all_readouts=True)
    read = {"readout": "training_effects", "all_readouts": False, "readout_paths": None}
    fair = replace(joint, name="fair", alpha_lr=0.0, repeats=2, **read)

    def trained(config):
        return train(data, tmp_path, config, announce=announced.append)

    both = trained(replace(joint, fair_repeats=2, readout="consensus"))
    assert announced == [f"region of 2 × 3 cells, training {n} of 3" for n in (1, 2, 3)]
    mixed, disjoint = trained(joint), trained(fair)
    assert len(announced) == 3
    assert both["training_effects_epochs"] == disjoint["training_effects_epochs"]
    for cost in ("train_flops", "seconds", "epoch_seconds"):
        assert both[cost] == mixed[cost] + disjoint[cost]
    assert both["memory"] == max(mixed["memory"], disjoint["memory"])
    assert both == joined([mixed, disjoint])
    others = {"training_effects_epochs", "train_flops", "seconds", "epoch_seconds", "memory"}
    assert {key: both[key] for key in both.keys() - others} == {key: mixed[key] for key in mixed.keys() - others}


def test_an_op_that_changed_is_trained_anew(data, tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {})
    announced, results = [], []
    for activation in ("GELU", "Tanh", "GELU"):
        source = f"import torch.nn as nn\ndef op(channels, dims):\n    return nn.{activation}()\n"
        (tmp_path / "op.py").write_text(source)
        linecache.clearcache()
        code: dict = {"__name__": "op"}
        exec(compile(source, tmp_path / "op.py", "exec"), code)
        vocabulary._REGISTERED["mine"] = code["op"]
        space = replace(SPACE, ops=["mine"])
        region = space.build().sample_region(np.random.default_rng(0), 2)
        trainings = make_trainings(data, tmp_path, space=space, announce=announced.append)
        results.append(make_estimator(CONFIG, trainings, candidates=2).train(region)["path_losses"])
    assert len(announced) == 2
    assert results[0] == results[2] != results[1]


def test_what_an_op_is_made_with_is_part_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {})
    head = "import functools, fade.nets\ndef op(channels, dims, kernel=1): pass\ndef made(kernel):\n"
    head += (
        "    return lambda channels, dims: op(channels, dims, kernel)\nclass Made:\n    def __init__(self, kernel):\n"
    )
    head += "        self.kernel = kernel\n    def __call__(self, channels, dims):\n        pass\n"
    prints = {}
    for factory in ("functools.partial(op, kernel={})", "made({})", "Made({})", "lambda c, d: {}"):
        for kernel in (3, 7, 3):
            for name in ("plugin.py", "<stdin>"):  # from a file, and typed
                source = f"{head}fade.nets.register_op('mine', {factory.format(kernel)})\n"
                if name == "plugin.py":
                    (tmp_path / name).write_text(source)
                    name = str(tmp_path / name)
                linecache.clearcache()
                vocabulary._REGISTERED.clear()
                exec(compile(source, name, "exec"), {"__name__": "plugin"})
                prints.setdefault((factory, name), []).append(vocabulary.op_fingerprints(["mine"])["mine"])
    assert len(prints) == 8
    for three, seven, again in prints.values():
        assert three == again != seven


def test_networks_that_diverge_are_no_truth(data, tmp_path):
    recipe = NetworkRecipe(optimizer="sgd", lr=1e4, lr_end=1e4, epochs=3, batch_size=20)
    trainings = make_trainings(data, tmp_path, space=replace(SPACE, normalise="none"))
    with pytest.raises(DivergedError, match=r"network 1 of 2, seed 0.*trainer\.lr"):
        train_alone(trainings, [make_region().architecture(path) for path in ([0, 0], [1, 1])], recipe)
    assert list(tmp_path.glob("??/*.json")) == []


def test_effects_of_mean_losses_are_mean_effects():
    rng = np.random.default_rng(0)
    paths = [[a, b] for a in range(3) for b in range(3)]
    tables = [
        {"path_losses": {"paths": paths, "losses": rng.normal(size=9).tolist()}, "epoch_seconds": [], **costs}
        for costs in 2 * [{"train_flops": 1, "seconds": 1}]
    ]
    records = [
        TrainingRecord(make_region(), each, CONFIG, CONFIG.provided()) for each in (*tables, mean_of_trainings(tables))
    ]
    effects = [np.array(record.reading("main_effects").stage_scores) for record in records]
    np.testing.assert_allclose(effects[2], (effects[0] + effects[1]) / 2, atol=1e-12)


def test_stand_alone_networks_have_the_seed_that_is_given_for_them(data, tmp_path):
    """Each from an empty store, so that all are trained."""

    def trained(name, seed, networks_seed):
        trainings = make_trainings(data, tmp_path / name, seed=seed, networks_seed=networks_seed)
        (result,) = train_alone(trainings, [make_region().architecture([0, 0])], CONFIG.network)
        return result["validation_loss"]

    held = trained("held", 5, 7)
    assert trained("moved", 6, 7) == held
    assert trained("other", 5, 8) != held
    assert trained("unset", 7, None) == held
