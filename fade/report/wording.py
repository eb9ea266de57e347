"""Plain sentences about a run that say what its numbers mean, and no more than they mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from fade.report.estimates import FREE, Metrics, correlated, correlation, from_store, paths, price, rival, seeds
from fade.report.quantity import count, decimal, duration, interval, percent, plural, points, scaled

WITH_PREDICTOR = ("predictor", "consensus_with_predictor")
"""Read-outs that lean on networks of earlier runs."""

FEW = 20
"""Fewer paths than this are called few: the 95 % interval of a Spearman correlation is then wider than about 0.5."""


def lede(metrics: Metrics) -> str:
    """What was run: regions, stages, candidates, data, and the size of the space."""
    regions, space = metrics.get("regions", []), metrics.get("space")
    data = f" on {metrics['dataset']}" if "dataset" in metrics else ""
    if not regions:
        return f"No region is finished yet{data}."
    depth, candidates = len(regions[0]["cells"]), max(len(stage) for region in regions for stage in region["cells"])
    stages = plural(depth, "stage")
    drawn = f"{plural(len(regions), 'region')} of {stages} with {plural(candidates, 'candidate cell')} each{data}"
    if candidates == 1:
        drawn = f"{plural(len(regions), 'network')} of {stages}{data}"
    if not space:
        return f"{drawn}."
    size = f"out of a space of {count(int(space['architectures']))} architectures"
    classes = space.get("cells")
    each = f" ({count(int(classes))} classes of cells for each of {plural(space['depth'], 'stage')})" if classes else ""
    return f"{drawn}, {size}{each}."


def findings(metrics: Metrics) -> list[str]:
    """The results in sentences, the most important first."""
    regions = metrics.get("regions", [])
    sentences = [*_accuracy(metrics), *_ranks(metrics), *_search(metrics)]
    if any(paths(region) > 1 for region in regions) and all(map(was_trained, regions)):
        ranked = sum(map(paths, regions))
        flops, seconds = (sum(region[key] for region in regions) for key in ("train_flops", "seconds"))
        share, trained = price(metrics), plural(len(regions), "hyper-architecture")
        if all("validation_accuracy" not in region for region in regions):  # no mixture, paths trained independently
            networks = sum(len(region.get("path_losses", {}).get("paths", ())) for region in regions)
            trained = f"{plural(networks, 'path')}, trained independently,"
        sentences.append(
            f"{trained} ranked {plural(ranked, 'architecture')} for "
            f"{scaled(flops, 'FLOPs')} and {duration(seconds)} of training"
            f"{'' if share is None else f', {percent(share)} of what training all of them would take'}. "
            "Scores compare inside one region only."
        )
        if learned := [region["earlier_runs"] for region in regions if region.get("readout") in WITH_PREDICTOR]:
            known = max(learned, key=lambda each: each["networks"])
            sentences.append(
                f"The scores lean on {plural(known['networks'], 'training')} of networks in "
                f"{plural(known['regions'], 'region')} of earlier runs, at a cost that is not counted here."
            )
    return sentences


def spent(metrics: Metrics, flops: str, seconds: str) -> str:
    """'1.93 TFLOPs in 1 min 56 s of training, 16.6 GFLOP/s (28.1 % of the peak of a process)'.

    Seconds are summed over trainings, which may run side by side: a rate is that of one process, as is the peak. No
    share is told where trainings came from the store, maybe of another machine.

    Args:
        metrics: Of a finished run.
        flops: The key of its cost.
        seconds: Likewise.
    """
    cost = metrics["cost"]
    spent, time, peak = cost.get(flops), cost.get(seconds), cost.get("peak_flops_per_second")
    if not spent or not time:
        return scaled(spent, "FLOPs")
    share = f" ({percent(spent / time / peak)} of the peak of a process)" if peak and not from_store(metrics) else ""
    return f"{scaled(spent, 'FLOPs')} in {duration(time)} of training, {scaled(spent / time, 'FLOP/s')}{share}"


def was_trained(region: Mapping[str, Any]) -> bool:
    """Whether a region took a training; synthetic scores take none."""
    return bool(region.get("train_flops") and region.get("seconds"))


def _accuracy(metrics: Metrics) -> list[str]:
    best = metrics.get("best")
    if not best or best.get("test_accuracy") is None:
        return []
    runs = best.get("test_accuracies", [])
    sentence = f"The best network classifies {percent(best['test_accuracy'])} of the test examples correctly"
    sentence += (
        f", the mean of {len(runs)} trainings from {percent(min(runs))} to {percent(max(runs))}."
        if len(runs) > 1
        else ", after one training with one seed: another seed gives another figure."
    )
    return [sentence, *_origin(best.get("finalists", ()))]


def _origin(finalists: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where the best network comes from, where that is known."""
    if not finalists or any("origin" not in each for each in finalists):
        return []
    won = max(finalists, key=lambda each: each["validation_accuracy"])
    others = [f"the {each['origin']} ({percent(each['validation_accuracy'])})" for each in finalists if each is not won]
    origin = f"It is the {won['origin']}"
    if not others:
        return [f"{origin}, the only finalist."]
    shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    equals = sum(each["validation_accuracy"] == won["validation_accuracy"] for each in finalists)
    reached = f"on validation data ({percent(won['validation_accuracy'])})"
    if equals > 1:
        return [f"{origin}, the first of {equals} equals {reached}; beside it stood {shown}."]
    return [f"{origin}, chosen {reached} before {shown}."]


def _ranks(metrics: Metrics) -> list[str]:
    found = correlation(metrics)
    if not found:
        return []
    rho, n, over = found["spearman"], found["n"], found["regions"]
    known = correlated(metrics)
    published = all("all_paths" in region["correlation"] for region in known)
    trained = (
        f"{plural(n, 'network')} with published accuracies"
        if published
        else f"{plural(n, 'path')} trained from scratch"
    )
    trained += f" in {over} regions" if over > 1 else ""
    if left := len(known) - over:  # none where all are undefined
        trained += f"; undefined in {plural(left, 'more region')}"
    if rho["value"] is None:
        return [
            f"Whether the scores rank is undefined here: {trained} are too few, or all scores or accuracies are equal."
        ]
    value, low, high = rho["value"], rho.get("low"), rho.get("high")
    bounds = f" {interval(rho)}" if interval(rho) else ""
    number = f"Spearman’s ρ = {decimal(value)}{bounds}, {trained}"
    sentences = [f"{_verdict(value, low, high)} ({number})."]
    if n < FEW:
        remark = "few: read the interval, not the value" if bounds else "too few for an interval"
        sentences.append(f"{n} paths are {remark}.")
    sentences += _against_ceiling(metrics, found)
    sentences += _against_baselines(found, value)
    if over == 1 and (regret := found["regret"]) is not None:
        sentences.append(
            f"The top path of the scores lies {points(regret)} below the best path that was trained."
            if regret > 0
            else "No path that was trained is better than the top path of the scores."
        )
    return sentences


def _verdict(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "How well the scores rank is known from one value without an interval"
    if high < 0:
        return "The scores rank the paths backwards"
    if low <= 0:
        return "These data do not show that the scores rank at all: the interval includes 0"
    strength = (
        "weakly" if value < 0.4 else "moderately" if value < 0.7 else "strongly" if value < 0.9 else "very strongly"
    )
    return (
        f"The scores agree {strength} with what training each path from scratch gives, "
        f"and explain about {percent(value * value, 0)} of the variance of the accuracy ranks"
    )


def _against_ceiling(metrics: Metrics, found: dict[str, Any]) -> list[str]:
    repeats = min(map(seeds, correlated(metrics)))
    top, value = (found["ceiling"] or {}).get("spearman"), found["spearman"]["value"]
    if repeats == 1:
        return ["Each path was trained with one seed, so nobody knows how high a perfect score could correlate."]
    if top is None:
        return [
            "Accuracies of different seeds do not agree, so there is no ceiling to hold the scores against: "
            "this truth has hardly anything to rank."
            if found["ceiling"]
            else "The noise ceiling was not computed."
        ]
    bounds = f" {interval(found['ceiling'])}" if interval(found["ceiling"]) else ""
    of = f"; the scores reach {percent(value / top, 0)} of that" if 0 < value < top else ""
    return [
        f"A perfect score could reach about {decimal(top)}{bounds} against accuracies of {repeats} seeds "
        f"(the noise ceiling){of}."
    ]


def _against_baselines(found: dict[str, Any], value: float) -> list[str]:
    sentences, beaten = [], False
    free = {name: each for name, each in found["baselines"].items() if name in FREE}
    proxies = {name: each for name, each in found["baselines"].items() if name not in FREE}
    for baselines, kind in ((free, "free count"), (proxies, "training-free proxy")):
        if (strongest := rival(baselines)) is None:
            continue
        name, rho = strongest
        said = f"{name} (ρ = {decimal(rho)}{', a sign known only afterwards' if rho < 0 else ''})"
        if abs(rho) >= value:
            verdict = "" if beaten else ": the estimator has not earned its cost here"
            sentences.append(f"The {kind} {said} ranks these paths at least as well{verdict}.")
            beaten = True
        elif baselines is free:
            sentences.append(f"The strongest {kind}, {said}, ranks them less well{_close(found, abs(rho))}.")
    return sentences


def _close(found: dict[str, Any], rho: float) -> str:
    low = found["spearman"].get("low")
    return ", though inside the interval of the scores" if low is not None and rho >= low else ""


def _search(metrics: Metrics) -> list[str]:
    trajectory = metrics.get("trajectory") or []
    best = [point["best_accuracy"] for point in trajectory if point.get("best_accuracy") is not None]
    entropy = [point["entropy"] for point in trajectory if point.get("entropy") is not None]
    sentences = []
    if len(best) > 1:
        sentences.append(
            f"The top paths of the {len(best)} regions had accuracies from {percent(best[0])} in the first to "
            f"{percent(best[-1])} in the last, {percent(max(best))} at most. One search is one sample: "
            "only several seeds beside random search show whether it learns."
        )
    if len(entropy) > 1:
        first, last = decimal(entropy[0]), decimal(entropy[-1])
        change = "hardly changed" if first == last else "fell" if entropy[-1] < entropy[0] else "did not fall"
        sentences.append(f"The entropy of θ {change}: {first} at first, {last} at last.")
    return sentences
