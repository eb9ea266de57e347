"""What scores are held against: ceiling, given counts, the top, free counts, proxies."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fade.nets.config import SpaceConfig
from fade.ranking import PathRanks, partial_spearman
from fade.space import Cell, CellSpace, HierarchicalSpace, Region
from fade.store import Store
from fade.study import run
from fade.training.cached import CachedTrainings
from fade.training.flops import network_cost
from fade.truth import proxied
from fade.truth.baselines import COUNTS
from fade.truth.comparison import compare
from fade.truth.config import PROXIES, TruthConfig
from fade.truth.known import TruePath, Truth
from fade.truth.proxied import with_proxies
from fade.truth.table import look_up
from tests.study.tiny import entries, lasting, tiny_config
from tests.training.samples import make_data

REGION = HierarchicalSpace(cell_space=CellSpace(vertices=4), depth=2).sample_region(np.random.default_rng(2), 6)
STAGE_SCORES = np.random.default_rng(0).random((2, 6)).tolist()
RANKS = PathRanks(STAGE_SCORES)


def known(seeds: int = 3, noise: float = 0.1, more: float = 0.0) -> Truth:
    """All paths, their accuracies the scores and noise, and more for each sink."""
    rng, paths = np.random.default_rng(1), []
    for path in REGION.paths():
        value = 0.3 + 0.3 * RANKS.score(path) + more * COUNTS["sinks"](REGION.architecture(path))
        paths.append(TruePath(path, True, (value + noise * rng.random(seeds)).tolist(), sum(path), 10))
    return Truth(paths, 0.0, 0.0)


def columns(truth: Truth, *counts: str) -> np.ndarray:
    architectures = [REGION.architecture(path.path) for path in truth.paths]
    return np.array([[COUNTS[count](cells) for count in counts] for cells in architectures], dtype=float)


def test_the_corrected_correlation_is_a_share_of_the_ceiling() -> None:
    found = compare(REGION, RANKS, known(), seed=0)
    for name in ("spearman", "kendall"):
        assert found["corrected"][name] > 0
        assert found["corrected"][name] * found["ceiling"][name] == pytest.approx(found[name]["value"])
    assert compare(REGION, RANKS, known(seeds=1), seed=0)["corrected"] == {"spearman": None, "kendall": None}
    constant = PathRanks([[0.0] * 6] * 2)
    assert compare(REGION, constant, known(), seed=0)["corrected"] == {"spearman": None, "kendall": None}


def test_seeds_in_another_order_are_the_same_truth() -> None:
    hits = np.random.default_rng(0).integers(40, 50, size=(36, 3))
    turned = np.where(np.arange(36)[:, None] % 2, hits, hits[:, ::-1])
    found = []
    for table in (hits, turned):
        rows = zip(REGION.paths(), table / 100, strict=True)
        truth = Truth([TruePath(path, True, row.tolist(), 1, 10) for path, row in rows], 0.0, 0.0)
        found.append(compare(REGION, RANKS, truth, seed=0))
    assert found[0]["spearman"] == found[1]["spearman"]
    assert found[0]["kendall"] == found[1]["kendall"]
    assert found[0]["spearman"]["value"] == pytest.approx(
        stats.spearmanr([RANKS.score(path) for path in REGION.paths()], hits.sum(1)).statistic, abs=1e-12
    )


def test_the_partial_correlation_is_given_sinks_and_depth() -> None:
    truth = known(noise=0.3)
    found = compare(REGION, RANKS, truth, seed=0)["partial"]
    scores = [RANKS.score(path.path) for path in truth.paths]
    mean = [np.mean(path.accuracy) for path in truth.paths]
    assert found["given"] == ["sinks", "depth"]
    assert found["spearman"] == pytest.approx(partial_spearman(scores, mean, columns(truth, "sinks", "depth")))


def test_scores_that_only_count_sinks_have_a_correlation_and_nothing_beyond() -> None:
    counting = PathRanks([[COUNTS["sinks"]([cell]) for cell in stage] for stage in REGION.cells])
    found = compare(REGION, counting, known(more=0.5), seed=0)
    assert found["spearman"]["value"] > 0.9
    assert found["partial"]["spearman"] is None  # the sum of the sinks determines the scores


def test_counts_that_do_not_differ_are_not_given() -> None:
    blocks = Region.parse([["block:identity", "block:mbconv3_e3"]] * 2)
    paths = [TruePath(path, True, [0.5 + 0.1 * sum(path) + 0.01 * path[0]], 1, 1) for path in blocks.paths()]
    found = compare(blocks, PathRanks([[0.0, 0.2], [0.0, 0.1]]), Truth(paths, 0.0, 0.0), seed=0)
    assert found["partial"]["given"] == ["blocks"]


def test_the_top_tenth_is_counted() -> None:
    truth = known(noise=0.0)
    assert compare(REGION, RANKS, truth, seed=0)["precision_at_10"] == 1
    turned = PathRanks((-np.array(STAGE_SCORES)).tolist())
    assert compare(REGION, turned, truth, seed=0)["precision_at_10"] == 0
    placed = sorted(REGION.paths(), key=RANKS.score, reverse=True)
    for best, right in (((0, 1, 2), 3), ((0, 2, 3), 2), ((3, 4, 5), 0)):  # three of 36 are the top tenth
        paths = [TruePath(path, True, [float(place in best)], 1, 1) for place, path in enumerate(placed)]
        found = compare(REGION, RANKS, Truth(paths, 0.0, 0.0), seed=0)
        assert found["precision_at_10"] == pytest.approx(right / 3)


def test_paths_that_are_one_network_count_once_and_each_in_all_paths() -> None:
    truth = known(noise=0.5)
    paths = [replace(path, accuracy=truth.paths[n // 3 * 3].accuracy) for n, path in enumerate(truth.paths)]
    found = compare(REGION, RANKS, Truth(paths, 0.0, 0.0, networks=[n // 3 for n in range(36)]), seed=0)
    scores = np.array([RANKS.score(path.path) for path in paths])
    mean = np.array([np.mean(path.accuracy) for path in paths])
    once = [each.reshape(12, 3).mean(1) for each in (scores, mean)]
    assert (found["n"], found["all_paths"]["n"]) == (12, 36)
    for name, of in (("spearman", stats.spearmanr), ("kendall", stats.kendalltau)):
        assert found["all_paths"][name] == pytest.approx(of(scores, mean).statistic)
        assert found[name]["value"] == pytest.approx(of(*once).statistic)
        assert found["all_paths"][name] != found[name]["value"]


def test_a_proxy_without_a_value_ranks_last_and_is_counted() -> None:
    truth, values = known(), np.random.default_rng(3).normal(size=36)
    paths = [
        replace(path, proxies={"synflow": float(value), "naswot": None if n < 2 else float(value)})
        for n, (path, value) in enumerate(zip(truth.paths, values, strict=True))
    ]
    found = compare(REGION, RANKS, replace(truth, paths=paths), seed=0)["baselines"]
    mean = [np.mean(path.accuracy) for path in paths]
    assert found["synflow"] == {
        "spearman": pytest.approx(stats.spearmanr(values, mean).statistic),
        "kendall": pytest.approx(stats.kendalltau(values, mean).statistic),
    }
    lowest = np.r_[[-1e9] * 2, values[2:]]
    assert found["naswot"]["spearman"] == pytest.approx(stats.spearmanr(lowest, mean).statistic)
    assert found["naswot"]["not_finite"] == 2
    none = [replace(path, proxies={"naswot": None}) for path in paths]
    found = compare(REGION, RANKS, replace(truth, paths=none), seed=0)["baselines"]
    assert found["naswot"] == {"spearman": None, "kendall": None, "not_finite": 36}


@pytest.fixture
def two_initial_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the proxies of a network, in place of eight."""
    monkeypatch.setattr(proxied, "INITIALISATIONS", 2)


def trainings(folder: Path, seed: int = 0) -> CachedTrainings:
    data = make_data((3, 8, 8))
    layout = SpaceConfig(name="nas_bench_macro", depth=8, stem=2).layout(data.shape, data.classes)
    return CachedTrainings(Store(folder), layout, data, seed=seed)


@pytest.mark.usefixtures("two_initial_weights")
def test_paths_that_are_one_network_are_scored_once(tmp_path: Path) -> None:
    region = Region.parse([["block:identity", "block:mbconv3_e3"]] * 8)
    truth = look_up(region, [0] * 8, TruthConfig(name="table", paths=40), seed=0)
    here = trainings(tmp_path)
    scored = with_proxies(region, truth, ["synflow"], here)
    (request,) = entries(tmp_path)
    assert truth.networks is not None
    networks = truth.networks[:40]
    assert len(request["cells"]) == len(set(networks)) < 40
    values = [path.proxies["synflow"] for path in scored.paths if path.sampled]
    assert len(values) == 40
    assert len(set(values)) == len(set(zip(networks, values, strict=True))) == len(set(networks))
    architectures = [[Cell.parse(text) for text in texts] for texts in request["cells"]]
    costs = [network_cost(cells, here.layout)[1] for cells in architectures]
    assert scored.measure_flops == 3 * 2 * sum(costs)
    assert scored.seconds > 0
    assert all(path.proxies == {} for path in scored.paths if not path.sampled)


@pytest.mark.usefixtures("two_initial_weights")
def test_scores_are_kept_and_belong_to_the_seed(tmp_path: Path) -> None:
    region = Region.parse([["block:identity", "block:mbconv3_e3"]] * 8)
    truth = look_up(region, [0] * 8, TruthConfig(name="table", paths=5), seed=0)
    first, again = (with_proxies(region, truth, ["synflow", "naswot"], trainings(tmp_path)) for _ in range(2))
    assert first == again  # seconds too: nothing was computed again
    assert len(entries(tmp_path)) == 2
    assert with_proxies(region, truth, ["synflow"], trainings(tmp_path, seed=1)).paths != first.paths
    assert with_proxies(region, truth, [], trainings(tmp_path / "none")) is truth


@pytest.mark.usefixtures("bare", "two_initial_weights")
def test_a_study_has_them_and_counts_what_they_cost(tmp_path: Path) -> None:
    base = ["search=fixed", "truth=retrain", "truth.paths=all", "trainer.epochs=1"]
    plain, proxied = (
        run(tiny_config(tmp_path, *base, *more)) for more in ([], [f"truth.proxies=[{','.join(PROXIES)}]"])
    )
    (without,), (region,) = plain.metrics["regions"], proxied.metrics["regions"]
    assert set(region["correlation"]["baselines"]) == set(without["correlation"]["baselines"]) | set(PROXIES)
    assert all(set(path["proxies"]) == set(PROXIES) for path in region["truth"])
    assert not any("proxies" in path for path in without["truth"])
    stored = [entry for entry in Store(tmp_path / "store").entries() if entry.request["kind"] == "proxies"]
    flops = sum(entry.result["flops"] for entry in stored)
    costs = [result.metrics["cost"] for result in (plain, proxied)]
    assert costs[1]["measure_flops"] == costs[0]["measure_flops"] + flops
    assert costs[1]["train_flops"] == costs[0]["train_flops"]
    assert costs[1]["measure_seconds"] > costs[0]["measure_seconds"]
    again = run(tiny_config(tmp_path, *base, f"truth.proxies=[{','.join(PROXIES)}]"))
    assert again.folder != proxied.folder
    assert lasting(again.metrics) == lasting(proxied.metrics)
