import shlex
from pathlib import Path

import pytest

from experiments.collect import keep
from experiments.rank_correlation.analysis import arguments, command, page, target
from experiments.rank_correlation.study import Study

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("experiments/rank_correlation/**/tables.md"))


def made_by(text: str) -> str:
    return text.split("```\n")[1].rstrip()


@pytest.mark.parametrize("more", ["", "--trainings c d", "--regions 1.0 2.0 --trainings c", "--rows 7"])
def test_the_command_of_a_page_says_all_that_was_given(
    more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "abcd":
        keep(tmp_path / name / "truth.jsonl", [])
        keep(tmp_path / name / "trainings.jsonl", [])
    given = arguments(["a", "b", "--default", "joint, 3 × 1 epochs / consensus", *more.split()])
    assert vars(arguments(shlex.split(command(given))[3:])) == vars(given)
    assert "--default" in command(arguments(["a"]))  # which may be another one later


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.parent.relative_to(ROOT / "experiments")))
def test_each_page_that_is_kept_says_what_makes_it(file: Path) -> None:
    text = file.read_text()
    args = arguments(shlex.split(made_by(text))[3:])
    assert command(args) == made_by(text)
    assert ROOT / target(args) / "tables.md" == file
    assert f"## Regions, and `{args.default}`" in text
    assert all((ROOT / folder / "trainings.jsonl").exists() for folder in args.trainings or args.folders)


def test_a_page_that_is_kept_is_made_again_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = Path("experiments/rank_correlation/mnist1d_deep_long/tables.md").read_text()
    args = arguments(shlex.split(made_by(text))[3:])
    assert page(args, Study(args.folders, args.trainings, args.regions)) == text
