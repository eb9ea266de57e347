"""The command line: exit codes, one-line errors, quick answers."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fade.cli.main import run
from fade.config import GROUPS, known_keys, options
from tests.study.processes import end, errors, start, wait_for
from tests.study.tiny import entries, lasting, metrics, runs, tiny

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "pytorch_lightning", "wandb", "matplotlib", "torchvision")


def test_a_gpu_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert run(tiny(tmp_path, "device=cuda")) == 2
    assert "device=cuda" in capsys.readouterr().err


def test_the_whole_story_only_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["seed=-1"]) == 2
    assert "Traceback" not in capsys.readouterr().err
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    assert run(["seed=-1"]) == 2
    assert "Traceback" in capsys.readouterr().err
    assert os.environ["HYDRA_FULL_ERROR"] == "1"
    assert "FADE_FULL_ERROR" not in os.environ


@pytest.mark.parametrize("arguments", [["trainer.epochs=three"], ["--nope"], ["-m", "seed=0,-1"]])
def test_a_wrong_command_ends_with_one_line(arguments: list[str], tmp_path: Path) -> None:
    done = _fade(tmp_path, *arguments)
    assert done.returncode == 2
    assert re.fullmatch(r"fade: error: [^\n]+\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_help_and_wrong_configuration_import_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from fade.cli.main import run; codes = [run(['--help']), run(['search.candidates=1']), "
        "run(['-m', 'trainer=synthetic', 'trainer.rank_correlation=0,2'])]; "
        f"print(codes, [name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[0, 2, 2] []"
    for word in ("pseudo_gradient", "dataset", "exit codes", "fade -m"):
        assert word in done.stdout


@pytest.mark.parametrize("group", GROUPS)
def test_help_of_a_group_explains_its_keys(capsys: pytest.CaptureFixture[str], group: str) -> None:
    assert run(["--help", group]) == 0
    told = capsys.readouterr().out
    wanted = [key for key in known_keys() if key.startswith(f"{group}.")]
    assert ("sets keys" in told) == (not wanted)
    assert all(re.search(rf"^  {re.escape(key)} +\S", told, re.MULTILINE) for key in wanted)
    assert all(f"    {option}" in told for option in options(group))
    assert "None" not in told


@pytest.mark.parametrize(("word", "answer"), [("trainr", "fade --help trainer"), ("xyz", "these are the groups")])
def test_help_of_no_group_says_so(capsys: pytest.CaptureFixture[str], word: str, answer: str) -> None:
    assert run(["--help", word]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert word in first
    assert answer in first


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert re.fullmatch(r"fade \d+\.\d+\.\d+\n", capsys.readouterr().out)


FAULTY = """
import torch
from fade.nets import register_op

class Faulty(torch.nn.Module):
    passes = 0
    def forward(self, x):
        Faulty.passes += 1
        if Faulty.passes > 400:
            raise RuntimeError("the op is\\nfaulty")
        return x

register_op("faulty", lambda channels, dims: Faulty())
"""


def test_a_failure_while_running_is_one_line_and_keeps_what_was_finished(tmp_path: Path) -> None:
    (tmp_path / "faulty_plugin.py").write_text(FAULTY)
    arguments = tiny(
        tmp_path, "plugins=[faulty_plugin]", "space.ops=[conv3,faulty]", "space.output_op=conv3", "search.regions=20"
    )
    assert end(start(tmp_path, arguments)) == 1
    assert errors(tmp_path) == ["fade: error: RuntimeError: the op is"]
    assert "Traceback" not in (tmp_path / "err.txt").read_text()
    (folder,) = runs(tmp_path)
    finished = len((folder / "regions.jsonl").read_text().splitlines())
    assert finished >= 1
    assert finished == len(entries(tmp_path / "store"))
    assert not (folder / "metrics.json").exists()


WAITING = """
import pathlib, time, torch
from fade.nets import register_op

class Waiting(torch.nn.Module):
    passes = 0
    def forward(self, x):
        Waiting.passes += 1
        if Waiting.passes == 100:
            pathlib.Path("waits").touch()
            while not pathlib.Path("struck").exists():
                time.sleep(0.002)
        return x

register_op("waiting", lambda channels, dims: Waiting())
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_mid_training_and_the_way_on(number: signal.Signals, code: int, tmp_path: Path) -> None:
    (tmp_path / "waiting_plugin.py").write_text(WAITING)
    ops = ("plugins=[waiting_plugin]", "space.ops=[conv3,waiting]", "space.output_op=conv3")
    arguments = tiny(tmp_path, *ops, "trainer.epochs=20", "search.regions=1")
    process = start(tmp_path, arguments)
    wait_for((tmp_path / "waits").exists, process)
    os.kill(process.pid or 0, number)
    (tmp_path / "struck").touch()
    assert end(process) == code
    (line,) = errors(tmp_path)
    assert "the same command goes on" in line
    assert "Traceback" not in _text(tmp_path / "err.txt")
    assert "region of 2" in _text(tmp_path / "out.txt")
    assert entries(tmp_path / "store") == []  # it was in the middle of the first training
    assert end(start(tmp_path, arguments, bare=True)) == 0
    (folder,) = runs(tmp_path)
    assert lasting(metrics(folder))["regions"][0]["index"] == 0


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def _fade(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fade", *arguments],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
