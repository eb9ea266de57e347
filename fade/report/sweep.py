"""The report of a sweep: all jobs on one page, compared over seeds."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from fade import run_files
from fade.report import sweep_figures
from fade.report.estimates import Estimate, mean_interval
from fade.report.page import write_page
from fade.report.quantity import DASH, count, decimal, duration, interval, percent, plural, scaled
from fade.report.run import image
from fade.report.summary import Scalar, job_metrics, overrides, summarise, write_summary

Job = Mapping[str, Any]

RANKS, CEILING = "correlation.spearman", "ceiling.spearman"
ACCURACIES = {"best.test_accuracy": "test accuracy", "best.validation_accuracy": "accuracy on the landscape"}
"""What the best networks of a sweep are compared by: the first that a job has. Without trainings there is no test."""
BOUNDS = {**dict.fromkeys(ACCURACIES, (0.0, 1.0)), RANKS: (-1.0, 1.0), CEILING: (-1.0, 1.0)}
TITLES = {key: f"best {name}" for key, name in ACCURACIES.items()} | {RANKS: "Spearman’s ρ", CEILING: "noise ceiling"}
STATES = ("done", "failed", "running", "pending", "missing")


def build_sweep(folder: Path) -> Path:
    """Write report.html and summary.csv of a sweep from its sweep.json and the jobs' metrics.json.

    Args:
        folder: The folder of the sweep.

    Returns:
        The path of the page: self-contained, no network.

    Raises:
        ValueError: If sweep.json or a job's metrics.json is damaged.
    """
    write_summary(folder)
    jobs = [_read(folder, job) for job in run_files.read_sweep(folder)]
    keys = varying(jobs)
    accuracy = compared(jobs)
    known = (key for key in TITLES if any(job["scalars"].get(key) is not None for job in jobs))
    shown = [key for key in known if key == accuracy or key not in ACCURACIES]
    groups = group(jobs, keys)
    several = any(len(members) > 1 for members in groups.values())
    names = {str(job["scalars"]["name"]) for job in jobs if job["scalars"].get("name")}
    context = {
        "name": names.pop() if len(names) == 1 else folder.resolve().name,
        "place": folder.resolve().name,
        "lede": _lede(jobs, groups),
        "command": _command(folder),
        "facts_": _facts(jobs, accuracy),
        "titles": [TITLES[key] for key in shown],
        "groups": [_group(label, members, shown) for label, members in groups.items()],
        "accuracy": ACCURACIES[accuracy],
        "accuracies": image(
            sweep_figures.grouped(groups, accuracy), "Accuracy of each job’s best network and the mean of each group"
        ),
        "correlations": image(sweep_figures.job_correlations(jobs, keys), "Correlation of each job with its interval"),
        "group_correlations": image(sweep_figures.grouped(groups, RANKS) if several else None, "Correlation by group"),
        "keys": keys,
        "jobs": [_row(job, keys, shown) for job in jobs],
        "failures": [job for job in jobs if job["error"]],
    }
    return write_page(folder, "sweep.html.j2", context)


def compared(jobs: Sequence[Job]) -> str:
    """The scalar that the best networks of the jobs are compared by."""
    first, last = ACCURACIES
    return first if any(job["scalars"].get(first) is not None for job in jobs) else last


def varying(jobs: Sequence[Job]) -> list[str]:
    """The override keys in which the jobs differ, in the order of the command line."""
    keys = dict.fromkeys(key for job in jobs for key in job["settings"])
    return [key for key in keys if len({job["settings"].get(key) for job in jobs}) > 1]


def group(jobs: Sequence[Job], keys: Sequence[str]) -> dict[str, list[Job]]:
    """The jobs with results by all that varies but the seed: label -> jobs."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        if job["scalars"]:
            groups.setdefault(label(job, [key for key in keys if key != "seed"]) or "all jobs", []).append(job)
    return groups


def label(job: Job, keys: Sequence[str]) -> str:
    """A name for a job out of the overrides that set it apart."""
    return ", ".join(f"{key}={job['settings'][key]}" for key in keys if key in job["settings"])


def _read(folder: Path, job: Job) -> dict[str, Any]:
    metrics = job_metrics(folder, job)
    place = folder / str(job["folder"])
    return {
        **job,
        "error": job.get("error"),
        "settings": overrides(job),
        "scalars": summarise(metrics) if metrics else {},
        "href": f"{job['folder']}/{run_files.REPORT}" if (place / run_files.REPORT).is_file() else None,
    }


def _lede(jobs: Sequence[Job], groups: Mapping[str, Sequence[Job]]) -> str:
    states = [job["state"] for job in jobs]
    parts = [f"{states.count(state)} {state}" for state in STATES if state in states]
    compared = f", {plural(len(groups), 'group')} to compare" if len(groups) > 1 else ""
    return f"{plural(len(jobs), 'job')}: {', '.join(parts)}{compared}."


def _command(folder: Path) -> str:
    """The command of a sweep, as a shell reads it; empty where sweep.json does not say it."""
    sweep = run_files.read_object(folder / run_files.SWEEP, "jobs")
    more = [f"--config-dir={sweep['config_dir']}"] if sweep.get("config_dir") else []
    more += [f"--config-name={name}"] if (name := sweep.get("config_name", "config")) != "config" else []
    return shlex.join(["fade", "-m", *more, *map(str, sweep["overrides"])]) if sweep.get("overrides") else ""


def _facts(jobs: Sequence[Job], accuracy: str) -> list[dict[str, str]]:
    def total(key: str) -> float | None:
        known = [value for job in jobs if isinstance(value := job["scalars"].get(key), int | float)]
        return sum(known) if known else None

    accuracies = [value for job in jobs if (value := job["scalars"].get(accuracy)) is not None]
    facts = [
        ("jobs done", f"{sum(job['state'] == 'done' for job in jobs)} of {len(jobs)}", ""),
        (f"median {ACCURACIES[accuracy]}", percent(median(accuracies)) if accuracies else DASH, _range(accuracies)),
        ("regions", count(int(total("regions") or 0)), ""),
        ("cost of all searches", scaled(total("cost.train_flops"), "FLOPs"), ""),
        ("time of all jobs", duration(total("seconds")), ""),
    ]  # fmt: skip
    return [{"label": name, "value": value, "note": note} for name, value, note in facts if value != DASH]


def _range(accuracies: Sequence[float]) -> str:
    return f"{percent(min(accuracies))} to {percent(max(accuracies))}, {len(accuracies)} jobs" if accuracies else ""


def _group(name: str, members: Sequence[Job], shown: Sequence[str]) -> dict[str, Any]:
    means = [mean_interval((job["scalars"].get(key) for job in members), BOUNDS[key]) for key in shown]
    return {
        "label": name,
        "n": len(members),
        "texts": [_mean(key, mean) for key, mean in zip(shown, means, strict=True)],
    }


def _mean(key: str, estimate: Estimate) -> str:
    if key == CEILING:
        return decimal(estimate["value"])
    if key == RANKS:
        return f"{decimal(estimate['value'])} {interval(estimate)}".strip()
    as_percent = {bound: 100 * value if (value := estimate[bound]) is not None else None for bound in ("low", "high")}
    return f"{percent(estimate['value'])} {interval(as_percent, 1)}".strip()


def _row(job: Job, keys: Sequence[str], shown: Sequence[str]) -> dict[str, Any]:
    scalars: Mapping[str, Scalar] = job["scalars"]
    bounds = {bound: scalars.get(f"{RANKS}.{bound}") for bound in ("low", "high")}
    texts = {
        key: percent(v) if key in ACCURACIES else decimal(v)
        for key in shown
        if not isinstance(v := scalars.get(key), str)
    }
    if RANKS in texts:
        texts[RANKS] = f"{texts[RANKS]} {interval(bounds)}".strip()
    cost, time = scalars.get("cost.train_flops"), scalars.get("seconds")
    return {
        **{key: job[key] for key in ("number", "state", "href")},
        "settings": [job["settings"].get(key, DASH) for key in keys],
        "texts": list(texts.values()),
        "cost": DASH if isinstance(cost, str) else scaled(cost, "FLOPs"),
        "time": DASH if isinstance(time, str) else duration(time),
    }
