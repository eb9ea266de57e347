import functools
import os
import signal
import threading
import warnings
import zipfile

import pytest
import torch
from torch import nn

from fade.nets import vocabulary
from fade.nets.config import SpaceConfig
from fade.training.fit import fit
from fade.training.mixing import mix
from tests.training.samples import make_data, make_trainer, same, state

EPOCHS = 3


class Interruption(Exception):
    pass


@pytest.fixture(scope="module")
def data():
    return make_data()


@pytest.fixture(scope="module")
def trained(data):
    """The numbers of a training that nothing disturbs, done once for each number of epochs."""

    @functools.cache
    def after(epochs):
        whole = make_trainer(data, epochs=epochs)
        fit(whole)
        return state(whole)

    return after


def stop_after(epoch, how):
    def report(done, epochs):
        assert epochs == EPOCHS
        if done == epoch:
            how()

    return report


def interrupt():
    raise Interruption


RECIPES = [
    {"name": "joint", "mixing": "gumbel_hard", "candidate_dropout": 0.3, "optimizer": "sgd"},
    {"name": "first_order", "mixing": "gumbel", "temperature": 3.0, "temperature_end": 0.3, "alpha_warmup": 0.5},
    {"name": "second_order", "mixing": "gumbel_hard", "candidate_dropout": 0.3},
    {"name": "fair"},
    {"name": "fair", "alpha_lr": 0.0, "readout": "alone"},
]


@pytest.mark.parametrize("values", RECIPES, ids=lambda values: "-".join(map(str, values.values())))
def test_a_resumed_training_is_bit_for_bit_an_uninterrupted_one(data, tmp_path, values):
    values = values | {"batch_size": 40}
    whole = make_trainer(data, epochs=EPOCHS, **values)
    fit(whole)
    path = tmp_path / "deep" / "checkpoint"
    for epoch in (1, 2):
        part = make_trainer(data, epochs=EPOCHS, **values)
        with pytest.raises(Interruption):
            fit(part, checkpoint=path, every=0, report=stop_after(epoch, interrupt))
        assert [file.name for file in path.parent.iterdir()] == ["checkpoint"]
    resumed, epochs = make_trainer(data, epochs=EPOCHS, **values), []
    fit(resumed, checkpoint=path, every=0, report=lambda done, _: epochs.append(done))
    assert epochs == [EPOCHS]
    assert same(state(whole), state(resumed))
    assert resumed.stage_weights_epochs == whole.stage_weights_epochs
    assert resumed.training_effects_epochs == whole.training_effects_epochs
    assert len(whole.training_effects_epochs) == (EPOCHS if values["name"] == "fair" else 0)
    assert len(resumed.epoch_seconds) == EPOCHS
    assert resumed.memory == whole.memory is not None
    finished = make_trainer(data, epochs=EPOCHS, **values)  # and what is read from it was interrupted
    fit(finished, checkpoint=path, every=0, report=lambda done, _: epochs.append(done))
    assert epochs == [EPOCHS]
    assert same(state(whole), state(finished))
    assert finished.stage_weights_epochs == whole.stage_weights_epochs
    assert [file.name for file in path.parent.iterdir()] == ["checkpoint"]


def test_an_interruption_within_an_epoch_goes_on_from_the_last_one(data, tmp_path):
    whole = make_trainer(data, name="first_order", epochs=EPOCHS)
    fit(whole)
    part = make_trainer(data, name="first_order", epochs=EPOCHS)
    step, taken = part.training_step, []

    def break_off(batch, batch_idx):
        taken.append(batch_idx)
        if len(taken) == 15:
            raise Interruption
        step(batch, batch_idx)

    part.training_step = break_off
    with pytest.raises(Interruption):
        fit(part, checkpoint=tmp_path / "checkpoint", every=0)
    resumed = make_trainer(data, name="first_order", epochs=EPOCHS)
    fit(resumed, checkpoint=tmp_path / "checkpoint", every=0)
    assert same(state(whole), state(resumed))


class Dropping(nn.Module):
    def __init__(self, channels, dims):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(channels), nn.Dropout(0.3)

    def forward(self, x):
        return self.drop(self.norm(x))


def test_ops_with_chance_and_statistics_of_their_own_are_resumed_too(data, tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {"dropping": Dropping})
    space = SpaceConfig(depth=2, vertices=3, channels=4, ops=["dropping", "conv3"], output_op="conv3", pool=[])
    before = torch.random.get_rng_state()
    whole = make_trainer(data, space=space, epochs=EPOCHS)
    fit(whole)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(5)  # nothing hangs on the state outside
    part = make_trainer(data, space=space, epochs=EPOCHS)
    with pytest.raises(Interruption):
        fit(part, checkpoint=tmp_path / "checkpoint", every=0, report=stop_after(2, interrupt))
    resumed = make_trainer(data, space=space, epochs=EPOCHS)
    fit(resumed, checkpoint=tmp_path / "checkpoint", every=0)
    assert same(state(whole), state(resumed))


def half_a_file(path):
    path.write_bytes(b"PK\x03\x04 half a file")


def another_weight(path):
    """torch reads it without a word."""
    content = bytearray(path.read_bytes())
    name = next(info for info in zipfile.ZipFile(path).infolist() if "/data/" in info.filename and info.file_size > 64)
    content[name.header_offset + 128 + len(name.filename)] ^= 1
    path.write_bytes(content)
    torch.load(path, weights_only=True)


@pytest.mark.parametrize(
    "damage",
    [half_a_file, another_weight, lambda path: torch.save({}, path), lambda path: torch.save(torch.ones(3), path)],
    ids=["half", "a bit", "empty", "a tensor"],
)
def test_a_damaged_checkpoint_is_moved_aside_and_the_training_starts_anew(data, trained, tmp_path, damage):
    whole = trained(2)
    path = tmp_path / "checkpoint"
    part = make_trainer(data)
    with pytest.raises(Interruption):
        fit(part, checkpoint=path, every=0, report=lambda *_: interrupt())
    damage(path)
    again = make_trainer(data)
    with pytest.warns(UserWarning, match="checkpoint is damaged"):
        fit(again, checkpoint=path)
    assert same(whole, state(again))
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.damaged"]


def test_a_checkpoint_that_cannot_be_written_costs_no_training(data, trained, tmp_path):
    (tmp_path / "file").touch()
    module = make_trainer(data)
    with pytest.warns(UserWarning, match="cannot be written"):
        fit(module, checkpoint=tmp_path / "file" / "below", every=0)
    assert same(trained(2), state(module))


def test_short_trainings_keep_no_checkpoint(data, tmp_path):
    fit(make_trainer(data), checkpoint=tmp_path / "checkpoint", report=lambda *_: None)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def handlers():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.usefixtures("handlers")
def test_a_training_leaves_no_traces(data):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(make_trainer(data))
    assert not [str(warning.message) for warning in caught if "pytorch_lightning" in warning.filename]


@pytest.mark.usefixtures("handlers")
def test_an_exception_leaves_no_handlers(data):
    with pytest.raises(Interruption):
        fit(make_trainer(data, epochs=EPOCHS), report=stop_after(1, interrupt))


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)], ids=["int", "term"]
)
@pytest.mark.parametrize("epoch", [2, EPOCHS], ids=["midway", "last"])
def test_a_signal_ends_the_training_and_what_is_kept_resumes(data, trained, tmp_path, number, error, epoch):
    whole = trained(EPOCHS)
    part = make_trainer(data, epochs=EPOCHS)
    with pytest.raises(error) as raised:
        fit(part, checkpoint=tmp_path / "c", every=0, report=stop_after(epoch, lambda: os.kill(os.getpid(), number)))
    assert number == signal.SIGINT or raised.value.code == 143
    resumed = make_trainer(data, epochs=EPOCHS)
    fit(resumed, checkpoint=tmp_path / "c", every=0)
    assert same(whole, state(resumed))


def test_a_handler_that_was_there_hears_the_signal_too(data):
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(True))
    terminate = stop_after(1, lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        with pytest.raises(SystemExit):
            fit(make_trainer(data, epochs=EPOCHS), report=terminate)
        assert heard == [True]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_training_may_run_in_a_thread(data, trained):
    whole, threaded = trained(2), make_trainer(data)
    thread = threading.Thread(target=fit, args=(threaded,))
    thread.start()
    thread.join()
    assert same(whole, state(threaded))


def test_a_job_of_slurm_is_like_any_other(data, trained, monkeypatch):
    whole, job = trained(2), make_trainer(data)
    for name, value in {"SLURM_JOB_ID": "1", "SLURM_NTASKS": "4", "SLURM_JOB_NAME": "fade"}.items():
        monkeypatch.setenv(name, value)
    fit(job)
    assert same(whole, state(job))


@pytest.mark.parametrize("epochs", [1, 2])
def test_the_temperature_falls_from_its_start_to_its_end(data, epochs, monkeypatch):
    seen = []

    def remember(alpha, gumbel, keep, *, mixing, temperature):
        seen.append(temperature)
        return mix(alpha, gumbel, keep, mixing=mixing, temperature=temperature)

    monkeypatch.setattr("fade.training.region.mix", remember)
    fit(make_trainer(data, epochs=epochs, mixing="gumbel", temperature=5.0, temperature_end=0.1))
    steps = len(seen)
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == 5.0
    assert seen[-1] == pytest.approx(0.1 * 50 ** (2 / steps), rel=1e-9)  # two stages a step
