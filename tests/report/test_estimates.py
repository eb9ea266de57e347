import numpy as np
import pytest
from scipy import stats

from fade.report.estimates import comparison, correlation, mean_interval, price, top_path
from fade.report.wording import findings

from . import samples


def test_the_interval_of_a_mean_is_students():
    values = [0.1, 0.4, 0.35, 0.8]
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    found = mean_interval([*values, None])
    assert (found["value"], found["n"]) == (pytest.approx(np.mean(values)), 4)
    assert (found["low"], found["high"]) == (pytest.approx(low), pytest.approx(high))
    assert mean_interval([0.5]) == {"value": 0.5, "low": None, "high": None, "n": 1}
    assert mean_interval([None])["value"] is None


def test_one_region_keeps_its_own_interval_and_several_are_averaged():
    regions = [samples.region(i, paths=20) for i in range(3)]
    alone, over = (correlation(samples.metrics(some)) for some in (regions[:1], regions))
    assert alone is not None
    assert over is not None
    assert alone["spearman"] == regions[0]["correlation"]["spearman"]
    values = [region["correlation"]["spearman"]["value"] for region in regions]
    assert over["spearman"]["value"] == pytest.approx(np.mean(values))
    assert (over["regions"], over["n"]) == (3, 60)
    assert over["corrected"]["spearman"] == pytest.approx(np.mean(values) / 0.93)
    assert (over["partial"], over["precision_at_10"]) == (pytest.approx(0.31), 0.5)
    assert -1 <= over["spearman"]["low"] <= over["spearman"]["high"] <= 1


def test_what_is_corrected_is_no_mean_of_ratios():
    regions = [samples.region(i, paths=20) for i in range(3)]
    for region, rho, top in zip(regions, (0.6, 0.2, 0.4), (0.9, 0.2, 0.8), strict=True):
        region["correlation"]["spearman"] |= {"value": rho}
        region["correlation"]["ceiling"] |= {"spearman": top}
    over = correlation(samples.metrics(regions))
    assert over is not None
    assert over["corrected"]["spearman"] == pytest.approx(0.4 / np.mean([0.9, 0.2, 0.8]))


def test_a_region_without_a_ceiling_counts_as_none():
    regions = [samples.region(i, paths=20) for i in range(3)]
    tops = (0.8, None, 0.9)
    for region, top in zip(regions, tops, strict=True):
        region["correlation"] |= {
            "ceiling": {"spearman": top, "kendall": top, "low": top, "high": top},
        }
    found = correlation(samples.metrics(regions))
    assert found is not None
    expected = mean_interval([0.8, 0.0, 0.9], (0, 1))
    assert found["ceiling"] == {"kendall": expected["value"], "spearman": expected["value"], "low": 0, "high": 1}
    assert found["corrected"] == {"spearman": None, "kendall": None}
    for region in regions:
        region["correlation"]["ceiling"] = dict.fromkeys(("spearman", "kendall", "low", "high"))
    none = correlation(samples.metrics(regions))
    assert none is not None
    assert none["ceiling"]["spearman"] is None


def test_what_ranked_is_sorted_with_the_undefined_last():
    region = samples.region(paths=20)
    rows = comparison(region)
    values = [row["spearman"] for row in rows if row["spearman"] is not None]
    assert values == sorted(values, reverse=True)
    assert {row["name"] for row in rows[len(values) :]} == {"alone", "naswot"}
    assert [row["name"] for row in rows if row["own"]] == ["weights"]


def test_a_run_without_the_later_measures_has_none():
    region = samples.region(paths=20)
    for name in ("ceiling", "corrected", "partial", "precision_at_10"):
        del region["correlation"][name]
    found = correlation(samples.metrics([region]))
    assert found is not None
    assert found["corrected"] == {"spearman": None, "kendall": None}
    assert (found["partial"], found["precision_at_10"]) == (None, None)


def test_what_a_baseline_lacks_is_said():
    kinds = {row["name"]: row["kind"] for row in comparison(samples.region(paths=20))}
    assert kinds["synflow"] == "no training"
    assert kinds["naswot"] == "no training, 20 without a value rank last"
    assert kinds["sinks"] == "free count"


def test_the_top_path_is_the_best_of_each_stage():
    region = samples.region()
    listed = top_path(region)
    del region["top_paths"]
    assert top_path(region) == listed


def test_the_price_of_the_ranks_is_a_share_of_training_all_paths():
    regions = [samples.region(i) for i in range(2)]
    assert price(samples.metrics(regions)) == pytest.approx(0.05)
    del regions[1]["all_paths_flops"]  # an earlier run's metrics, which do not say it
    assert price(samples.metrics(regions)) is None


def test_a_region_whose_ranks_are_undefined_is_left_out_of_everything():
    regions = [samples.region(i, paths=20) for i in range(3)]
    first_two = correlation(samples.metrics(regions[:2]))
    for name in ("spearman", "kendall"):
        regions[2]["correlation"][name] = {"value": None, "low": None, "high": None}
    regions[2]["correlation"]["baselines"]["sinks"] = {"spearman": -1.0, "kendall": -1.0}
    assert correlation(samples.metrics(regions)) == first_two
    assert any("undefined in 1 more region" in sentence for sentence in findings(samples.metrics(regions)))
