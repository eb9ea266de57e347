"""Options that join from outside: imported before composition, and treated like ours."""

import re
from pathlib import Path

import pytest
import yaml

from tests.study.processes import end, errors, start
from tests.study.tiny import runs, tiny

pytestmark = pytest.mark.processes

PLUGIN = '''
from dataclasses import dataclass
from fade.fields import option
from fade.tracking import Tracker, TrackingConfig, register_tracker

@register_tracker
@dataclass(kw_only=True)
class Diary(TrackingConfig):
    """A diary that nobody reads.

    Attributes:
        name: Of the tracker.
        pages: How many it has.
    """

    name: str = "diary"
    pages: int = option(10, least=1)

    def build(self, *arguments, **more):
        return Tracker()
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "diary_plugin.py").write_text(PLUGIN)
    return tmp_path


def said(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of `fade ARGUMENTS` and what it says."""
    for name in ("out.txt", "err.txt"):
        (folder / name).unlink(missing_ok=True)
    code = end(start(folder, arguments, bare=True))
    return code, (folder / "out.txt").read_text() + (folder / "err.txt").read_text()


def test_an_option_of_a_plugin_is_chosen_set_and_run(folder: Path) -> None:
    words = [word for word in tiny(folder, "trainer=synthetic") if word != "tracking=none"]
    code, text = said(folder, *words, "plugins=[diary_plugin]", "tracking=diary", "tracking.pages=3")
    assert code == 0, text
    (run,) = runs(folder)
    tracking = yaml.safe_load((run / "config.yaml").read_text())["tracking"]
    assert (tracking["name"], tracking["pages"]) == ("diary", 3)


def test_a_file_of_values_names_the_schema_of_a_plugin(folder: Path) -> None:
    (folder / "more" / "tracking").mkdir(parents=True)
    (folder / "more" / "tracking" / "thick.yaml").write_text(
        "# A long one.\ndefaults: [diary_schema, _self_]\n\npages: 900\n"
    )
    flags = ["--config-dir", str(folder / "more"), "plugins=[diary_plugin]", "tracking=thick"]
    code, text = said(folder, "--cfg", "job", "-p", "tracking", *flags)
    assert code == 0, text
    assert yaml.safe_load(text)["pages"] == 900


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["plugins=[diary_plugin]", "tracking=diary", "tracking.pages=0"],
            "tracking.pages=0 is out of range; give 1 or more",
        ),
        (["++plugins=[diary_plugin]", "tracking=diray"], "choose from csv, diary, none"),
        (["plugins=[diary_plugin]", "tracking=diray"], "choose from csv, diary, none"),
        (["plugins=[diary_plugin]", "tracking=diary", "tracking.page=0"], "did you mean tracking.pages?"),
        (["plugins=[diary_plugin]", "tracking=csv", "tracking.pages=1"], "whose keys are name, mode, project"),
        (["plugins=diary_plugin", "tracking=diary"], "plugins takes a list; write plugins=[…]"),
    ],
)
def test_sentences_know_the_option_of_a_plugin(words: list[str], sentence: str, folder: Path) -> None:
    code, text = said(folder, *words)
    assert code == 2
    assert sentence in text
    assert len(errors(folder)) == 1


def test_help_knows_the_option_of_a_plugin(folder: Path) -> None:
    code, text = said(folder, "--help", "tracking", "plugins=[diary_plugin]")
    assert code == 0
    assert "diary             A diary that nobody reads." in text
    assert re.search(r"tracking\.pages +How many it has\.", text)


def test_an_installed_plugin_needs_no_key(folder: Path) -> None:
    package = folder / "diary-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: diary\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[fade.plugins]\ndiary = diary_plugin\n")
    code, text = said(folder, "--cfg", "job", "-p", "tracking.pages", "tracking=diary")
    assert (code, text) == (0, "10\n")
    (package / "entry_points.txt").write_text("[fade.plugins]\ndiary = no_such_module\n")
    code, text = said(folder, "seed=0")
    assert code == 2
    assert "the plugin diary of the package diary cannot be imported" in text
