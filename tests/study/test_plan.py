"""What a study would cost, before any of it is done."""

import pytest
import torch

from fade.nets.network import Network
from fade.study import run
from fade.study.config import ConfigurationError
from fade.study.plan import expected, print_plan
from fade.study.preparation import prepare
from tests.study.tiny import entries, tiny_config

pytestmark = pytest.mark.usefixtures("bare")

TRAINERS = {
    "joint": (["trainer=joint"], ["joint"]),
    "first order": (["trainer=first_order"], ["first_order"]),
    "second order": (["trainer=second_order"], ["second_order"]),
    "fair": (["trainer=fair"], ["fair"]),
    "fair with alpha": (["trainer=fair", "trainer.readout=weights", "trainer.alpha_lr=0.01"], ["fair"]),
    "independent paths": (
        ["trainer=independent_paths", "trainer.repeats=2", "trainer.region_steps=2"],
        ["independent_paths"],
    ),
    "both kinds": (["trainer=consensus", "trainer.repeats=2", "trainer.fair_repeats=1"], ["joint", "fair"]),
}


@pytest.mark.parametrize("name", TRAINERS)
def test_a_plan_counts_what_a_run_then_counts(name, tmp_path, shared_store, capsys) -> None:
    words, kinds = TRAINERS[name]
    config = tiny_config(tmp_path, *words, "search=fixed", store=shared_store)
    *regions, networks = expected(config, prepare(config))
    assert [row.what for row in regions] == [f"regions, {kind}" for kind in kinds]
    assert all(row.seconds > 0 and row.memory > 0 for row in (*regions, networks))
    print_plan(config)
    out = capsys.readouterr().out
    assert "nothing was run" in out
    assert all(row.what in out for row in (*regions, networks))
    assert not (tmp_path / "outputs").exists()
    region, *_ = run(config).metrics["regions"]
    assert sum(row.flops * row.trainings for row in regions) == region["train_flops"]
    if name != "independent paths":
        assert max(row.memory for row in regions) == region["memory"]


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("trainer", ["joint", "fair"])
def test_a_plan_measures_in_the_precision_of_the_trainings(precision, trainer, tmp_path, monkeypatch) -> None:
    autocast, head = set(), Network._head

    def spy(self: Network, h: torch.Tensor) -> torch.Tensor:  # every pass ends here
        autocast.add(torch.is_autocast_enabled("cpu"))
        return head(self, h)

    monkeypatch.setattr(Network, "_head", spy)
    config = tiny_config(tmp_path, f"trainer={trainer}", f"trainer.precision={precision}", "search=fixed")
    expected(config, prepare(config))
    assert autocast == {precision == "bf16-mixed"}


def test_batches_of_networks_may_be_as_large_as_their_data(tmp_path) -> None:
    """Networks train on weights and alpha, 240 of the 300 examples, whatever a region trains its weights on, 180."""
    words = ("trainer=first_order", "search=fixed", "trainer.batch_size=200")
    config = tiny_config(tmp_path, *words, "trainer.region_batch_size=20")
    assert all(row.seconds > 0 for row in expected(config, prepare(config)))
    with pytest.raises(ConfigurationError, match="is 200, but weights hold 180 examples"):
        prepare(tiny_config(tmp_path, *words))


NETWORKS = {
    "one region": ("search=fixed", "truth=retrain", "truth.paths=all", "truth.seeds=2", "truth.curve=true"),
    "a finalist a region": ("search=random_regions", "search.regions=3", "truth=retrain", "truth.paths=2"),
    "a mode": ("search=pseudo_gradient", "search.regions=2", "truth.curve=true", "truth.seeds=2"),
    "a budget": ("search=random_regions", "search.regions=9", "search.budget=1.5e8"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_plan_counts_networks(name, tmp_path) -> None:
    config = tiny_config(tmp_path, "trainer=joint", *NETWORKS[name])
    *_, networks = expected(config, prepare(config))
    run(config)
    requests = [request for request in entries(tmp_path / "store") if request["kind"] == "networks"]
    trained = sum(len(request["cells"]) for request in requests)
    # what two purposes share is trained once; the top path may be among the sampled ones
    assert networks.trainings - 2 <= trained <= networks.trainings


def test_a_plan_is_not_run_from_python_either(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="plan=true runs nothing"):
        run(tiny_config(tmp_path, "plan=true"))
    assert not (tmp_path / "outputs").exists()


def test_a_plan_of_what_trains_nothing_says_so(tmp_path, capsys) -> None:
    print_plan(tiny_config(tmp_path, "trainer=synthetic"))
    assert "nothing is trained, trainer=synthetic" in capsys.readouterr().out
