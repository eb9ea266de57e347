import pytest

from fade.report.wording import findings, lede, spent

from . import samples


def said(change=None, **kwargs):
    region = samples.region(**{"paths": 40, **kwargs})
    region["correlation"] |= {"spearman": {"value": 0.72, "low": 0.5, "high": 0.85}, **(change or {})}
    return " ".join(findings(samples.metrics([region])))


def spearman(value, low, high):
    return {"spearman": {"value": value, "low": low, "high": high}}


def test_a_good_correlation_is_called_strong_and_held_against_its_ceiling():
    text = said()
    assert "agree strongly" in text
    assert "about 52\u00a0% of the variance of the accuracy ranks" in text
    assert "the scores reach 77\u00a0% of that" in text


def test_an_interval_that_includes_zero_claims_nothing():
    text = said(spearman(0.3, -0.05, 0.6))
    assert "do not show that the scores rank at all" in text
    assert "agree" not in text


def test_a_negative_correlation_is_backwards():
    assert "rank the paths backwards" in said(spearman(-0.4, -0.7, -0.1))


def test_a_count_that_ranks_as_well_is_named():
    assert "free count sinks (ρ = 0.61) ranks these paths at least as well" in said(spearman(0.55, 0.3, 0.7))
    assert "ranks them less well, though inside the interval" in said()
    assert "less well." in said(spearman(0.9, 0.8, 0.95))
    baselines = {"baselines": {"depth": {"spearman": -0.8, "kendall": -0.6}}}
    assert "depth (ρ = −0.80, a sign known only afterwards) ranks these paths at least as well" in said(baselines)


def test_few_paths_and_single_seeds_are_admitted():
    assert "9 paths are few" in said({"n": 9})
    text = said({"n": 3, **spearman(0.87, None, None)})
    assert "3 paths are too few for an interval" in text
    assert "agree" not in text
    assert "one seed" in said(seeds=1)
    nothing = {"ceiling": {"spearman": None, "kendall": None, "low": None, "high": None}}
    assert "hardly anything to rank" in said(nothing)


def test_no_truth_says_nothing_about_ranks():
    text = " ".join(findings(samples.metrics([samples.region()])))
    assert "ρ" not in text
    # what the finalists took is no price of the ranks
    assert "1 hyper-architecture ranked 64 architectures for 3.1 TFLOPs and 24 s" in text.replace("\u00a0", " ")


def test_what_trained_no_hyper_architecture_is_not_called_one():
    region = samples.region() | {"path_losses": {"paths": [[0, 0, 0]] * 48}}
    del region["validation_accuracy"]
    text = " ".join(findings(samples.metrics([region]))).replace("\u00a0", " ")
    assert "48 paths, trained independently, ranked 64 architectures for 3.1 TFLOPs" in text


def test_what_other_regions_cost_is_not_hidden():
    region = samples.region() | {
        "readout": "consensus_with_predictor",
        "earlier_runs": {"regions": 3, "networks": 1080},
    }
    text = " ".join(findings(samples.metrics([region]))).replace("\u00a0", " ")
    assert (
        "lean on 1\u202f080 trainings of networks in 3 regions of earlier runs, at a cost that is not counted" in text
    )
    beside = region | {"readout": "consensus"}  # which they have no say in
    assert "earlier runs" not in " ".join(findings(samples.metrics([beside])))


def test_published_accuracies_are_not_called_trained():
    text = said({"all_paths": {"n": 50}})
    assert "40 networks with published accuracies" in text
    assert "trained alone" not in text


@pytest.mark.parametrize(
    ("depth", "size"),
    [(1, "302 architectures"), (3, "27.5\u00a0million"), (4, "8.32\u00a0billion"), (12, "5.8\u00a0×\u00a010²⁹")],
)
def test_the_size_of_the_space_is_in_words(depth, size):
    assert size in lede(samples.metrics([samples.region(depth=depth)]))


def test_a_search_that_fell_is_said_to_have_fallen():
    metrics = samples.metrics([samples.region(n) for n in range(3)], search=True)
    for point, value in zip(metrics["trajectory"], (0.9, 0.95, 0.6), strict=True):
        point["best_accuracy"] = value
    text = " ".join(findings(metrics)).replace("\u00a0", " ")
    assert "from 90.0 % in the first to 60.0 % in the last, 95.0 % at most" in text


def test_where_the_best_network_comes_from_is_told():
    metrics = samples.metrics([samples.region()])
    won, lost = ({"architecture": [], "validation_accuracy": value} for value in (0.8, 0.6))
    metrics["best"]["finalists"] = [lost, won]
    assert "chosen on validation" not in " ".join(findings(metrics))  # an earlier run does not say whence
    won["origin"], lost["origin"] = "top path of region 3", "mode of the search"
    text = " ".join(findings(metrics)).replace("\u00a0", " ")
    assert "top path of region 3, chosen on validation data (80.0 %) before the mode of the search (60.0 %)." in text
    won["validation_accuracy"] = lost["validation_accuracy"]
    text = " ".join(findings(metrics)).replace("\u00a0", " ")
    assert "mode of the search, the first of 2 equals on validation data (60.0 %)" in text
    assert "chosen" not in text


@pytest.mark.parametrize(
    ("last", "said_of_it"), [(0.3, "fell: 0.69"), (0.9, "did not fall"), (0.6899, "hardly changed")]
)
def test_what_the_entropy_of_a_search_did(last, said_of_it):
    metrics = samples.metrics([samples.region()], search=True)
    metrics["trajectory"] = [{"region": n, "entropy": value} for n, value in enumerate((0.69, last))]
    assert said_of_it in " ".join(findings(metrics))


def test_a_share_of_the_peak_is_told_where_all_was_trained_here():
    def line(**cost):
        told = samples.metrics([samples.region()])
        told["cost"] |= {"train_flops": 1e12, "seconds": 10.0, **cost}
        return spent(told, "train_flops", "seconds")

    rate = "1\u00a0TFLOPs in 10\u00a0s of training, 100\u00a0GFLOP/s"
    assert line(peak_flops_per_second=4e11) == f"{rate} (25.0\u00a0% of the peak of a process)"
    assert line(peak_flops_per_second=4e11, stored_seconds=3.0) == rate
    assert line() == rate  # an earlier run, which does not tell
    assert line(seconds=0.0) == "1\u00a0TFLOPs"
