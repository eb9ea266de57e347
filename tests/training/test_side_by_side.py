"""Trainings side by side in processes: the same results as one after the other, and no process outlives its own."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

from fade.estimators.supernet import SupernetConfig
from fade.export.export import serialised
from fade.store import Store
from fade.training.cached import Networks
from fade.training.lookup import DivergedError
from fade.training.recipe import NetworkRecipe
from fade.training.side_by_side import Cores, side_by_side
from tests.training.samples import SPACE, make_data, make_estimator, make_region, make_trainings

pytestmark = [
    pytest.mark.forks,
    pytest.mark.skipif(torch.accelerator.is_available(), reason="autograd forks only without an accelerator"),
]

CONFIG = SupernetConfig(epochs=2, batch_size=20, readout_paths=4, repeats=2, fair_repeats=2, readout="consensus")


class Three(Cores):
    """Three cores, all of them idle."""

    def __init__(self) -> None:
        self.allowed = 3

    def idle(self, own: int) -> int:
        return 3


def _runs_autograd_alone():
    torch.zeros((), requires_grad=True).backward()
    assert len(list(Path("/proc/self/task").iterdir())) == 1


@pytest.fixture
def three(monkeypatch):
    trial = multiprocessing.get_context("fork").Process(target=_runs_autograd_alone)
    trial.start()
    trial.join()
    if trial.exitcode:
        pytest.skip("this process has exported a network, after which torch cannot fork autograd")
    monkeypatch.setattr("fade.training.lookup.Cores", Three)


@pytest.fixture(scope="module")
def data():
    return make_data()


def results(folder):
    """What a store holds, but for times."""
    times = {"seconds", "epoch_seconds"}
    return {
        entry.key: {name: value for name, value in entry.result.items() if name not in times}
        for entry in Store(folder).entries()
    }


def test_a_region_and_networks_are_the_same_to_the_bit(data, tmp_path, three):
    announced = {}
    for executor in ("serial", "processes"):
        told = announced.setdefault(executor, [])
        trainings = make_trainings(data, tmp_path / executor, executor=executor, announce=told.append)
        make_estimator(CONFIG, trainings).train(make_region())
        architectures = [make_region().architecture(path) for path in ([0, 0], [1, 1], [2, 1])]
        wanted = [Networks(architectures=architectures, recipe=CONFIG.network, seed=seed) for seed in (0, 1)]
        trainings.networks(wanted)
        assert trainings.stored_seconds == 0
    serial = results(tmp_path / "serial")
    assert len(serial) == 8
    assert results(tmp_path / "processes") == serial
    assert sorted(announced["processes"]) == sorted(announced["serial"])


def test_epochs_are_told_and_each_process_is_one_of_its_own(data, tmp_path, three):
    told = []

    def announce(what):
        return lambda done, epochs: told.append((what, done, epochs))

    trainings = make_trainings(data, tmp_path, executor="processes", announce=announce)
    make_estimator(replace(CONFIG, fair_repeats=0, readout="weights", epochs=4), trainings).train(make_region())
    for repeat in (1, 2):
        which = f"region of 2 × 3 cells, training {repeat} of 2"
        assert [each[1:] for each in told if each[0] == which] == [(1, 2), (2, 2)]


def test_what_diverges_ends_the_others(data, tmp_path, three):
    recipe = NetworkRecipe(optimizer="sgd", lr=1e4, lr_end=1e4, epochs=3, batch_size=20)
    trainings = make_trainings(data, tmp_path, space=replace(SPACE, normalise="none"), executor="processes")
    architectures = [make_region().architecture(path) for path in ([0, 0], [1, 1])]
    with pytest.raises(DivergedError, match=r"of 2, seed 0.*trainer\.lr"):
        trainings.networks([Networks(architectures=architectures, recipe=recipe, seed=0)])
    assert multiprocessing.active_children() == []


def test_a_process_that_is_killed_leaves_its_training_to_the_first(data, tmp_path, three, monkeypatch):
    mother, compute = os.getpid(), make_estimator(CONFIG, make_trainings(data, tmp_path))._compute

    def killed(self, region, repeat, *more):
        if os.getpid() != mother and repeat == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return compute(region, repeat, *more)

    monkeypatch.setattr("fade.estimators.supernet.Supernet._compute", killed)
    config = replace(CONFIG, fair_repeats=0, readout="weights")
    with pytest.warns(UserWarning, match="signal 9"):
        found = make_estimator(config, make_trainings(data, tmp_path, executor="processes")).train(make_region())
    alone = make_estimator(config, make_trainings(data, tmp_path / "alone")).train(make_region())
    assert found["stage_weights"] == alone["stage_weights"]


@pytest.mark.usefixtures("three")
def test_warnings_of_a_process_are_told_and_errors_keep_their_kind():
    import warnings

    with pytest.warns(UserWarning, match="disk is full"):
        side_by_side([lambda _: warnings.warn("disk is full", stacklevel=1)], lambda _: None, cores=Three())

    def fails(_):
        raise FileNotFoundError(2, "no such file", "x.ckpt")

    with pytest.raises(FileNotFoundError, match=r"x\.ckpt") as failed:
        side_by_side([fails], lambda _: None, cores=Three())
    assert "in fails" in failed.value.__notes__[0]


def test_where_no_process_can_run_autograd_trainings_are_done_one_after_the_other(data, tmp_path, three, monkeypatch):
    """As in a notebook that has exported and trained something itself."""
    mother, backward = os.getpid(), torch.Tensor.backward

    def refused(self, *arguments, **options):
        if os.getpid() != mother:
            raise RuntimeError("Unable to handle autograd's threading in combination with fork-based multiprocessing")
        backward(self, *arguments, **options)

    monkeypatch.setattr(torch.Tensor, "backward", refused)
    config = replace(CONFIG, fair_repeats=0, readout="weights")
    found = make_estimator(config, make_trainings(data, tmp_path / "here", executor="processes")).train(make_region())
    alone = make_estimator(config, make_trainings(data, tmp_path / "alone")).train(make_region())
    assert found["stage_weights"] == alone["stage_weights"]


def test_one_training_is_left_to_a_process_too(data, tmp_path, three, monkeypatch):
    mother = os.getpid()
    config = replace(CONFIG, repeats=1, fair_repeats=0, readout="weights")
    estimator = make_estimator(config, make_trainings(data, tmp_path, executor="processes"))
    compute = estimator._compute

    def elsewhere(*arguments):
        result, attachment = compute(*arguments)
        return result | {"parameters": int(os.getpid() != mother)}, attachment

    monkeypatch.setattr(estimator, "_compute", elsewhere)
    assert estimator.train(make_region())["parameters"] == 1


def test_an_export_leaves_this_process_able_to_fork(data, tmp_path, three):
    trainings = make_trainings(data, tmp_path, executor="processes")
    trainings.apart(lambda: (tmp_path / "exported").write_bytes(serialised(torch.nn.Conv1d(1, 1, 3), (1, 4))))
    assert (tmp_path / "exported").stat().st_size > 0

    def count(_):
        torch.zeros((), requires_grad=True).backward()
        (tmp_path / "threads").write_text(str(len(list(Path("/proc/self/task").iterdir()))))

    assert side_by_side([count], lambda _: None, cores=Three()) == 1
    assert (tmp_path / "threads").read_text() == "2"  # its own, and the one that watches this process


def test_what_a_killed_process_leaves_is_done_here(data, tmp_path, three):
    mother, places = os.getpid(), tmp_path / "places"

    def task():
        if os.getpid() != mother:
            os.kill(os.getpid(), signal.SIGKILL)
        places.write_text("here")

    with pytest.warns(UserWarning, match="signal 9"):
        make_trainings(data, tmp_path, executor="processes").apart(task)
    assert places.read_text() == "here"


@pytest.mark.usefixtures("three")
def test_an_interrupted_process_leaves_no_other():
    def announce(_):
        raise KeyboardInterrupt

    def endless(announce):
        announce("begins")
        time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        side_by_side([endless] * 3, announce, cores=Three())
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("three")
def test_processes_end_with_the_one_that_started_them():
    """As it is killed, and can do nothing about them."""
    receiver, sender = multiprocessing.Pipe(duplex=False)

    def endless(_):
        sender.send(os.getpid())
        time.sleep(60)

    def first():
        os.setpgrp()
        side_by_side([endless] * 3, lambda _: None, cores=Three())

    mother = multiprocessing.get_context("fork").Process(target=first)
    mother.start()
    children = [psutil.Process(receiver.recv()) for _ in range(3)]
    mother.kill()
    mother.join()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def test_cores_that_others_use_are_not_counted(monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "4")
    monkeypatch.setattr("joblib.cpu_count", lambda: 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    busy = []
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: busy.pop())
    cores = Cores()
    for percents, own, idle in (
        ([0, 0, 0, 0], 0, 4),
        ([100, 0, 0, 0], 0, 3),
        ([100, 40, 0, 0], 1, 4),
        ([100, 100, 100, 100], 2, 2),
        ([100, 100, 100, 100], 0, 1),
        ([100, 0, 0, 0, 100, 100], 0, 3),  # cores that are not ours
    ):
        busy.append(percents)
        assert cores.idle(own) == idle
