"""The pages of experiments: links lead somewhere, tables are those that the raw rows give, and nothing grows long."""

import re
from pathlib import Path

import pytest

from experiments.analyse import STUDIES, study
from experiments.pages import END, START, insert, stored

ROOT = Path(__file__).parents[2]
EXPERIMENTS = ROOT / "experiments"
DOCUMENTS = [path for folder in (ROOT, ROOT / "benchmarks") for path in folder.glob("*.md")]
DOCUMENTS += EXPERIMENTS.rglob("*.md")


def words(*files: Path) -> int:
    return sum(len(file.read_text(encoding="utf-8").split()) for file in files)


def anchors(document: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles)
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in plain}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if link.startswith(("http", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_an_anchor_is_made_of_a_heading(tmp_path):
    document = tmp_path / "x.md"
    document.write_text("# Paths: no mixture at all\n```\n# a comment\n```\n## The [first](a.md) `one`?\n")
    assert anchors(document) == {"paths-no-mixture-at-all", "the-first-one"}


@pytest.mark.parametrize("name", ["first_light", "normalisation", "cost_scaling"])
def test_a_committed_table_is_what_the_raw_rows_give(name):
    assert stored((EXPERIMENTS / name / "README.md").read_text(encoding="utf-8")) == study(name).content()


def test_a_table_takes_the_place_between_its_markers(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    insert(page, "new \\1")
    assert page.read_text() == f"before\n{START}\nnew \\1\n{END}\nafter\n"
    with pytest.raises(ValueError, match="once each"):
        insert(page, f"{START}") or insert(page, "again")


def test_pages_stay_short():
    assert words(*EXPERIMENTS.rglob("*.md")) < 8_000
    assert words(ROOT / "README.md", *EXPERIMENTS.rglob("*.md")) < 12_000
    for name in STUDIES:
        assert len((EXPERIMENTS / name / "README.md").read_text(encoding="utf-8").splitlines()) <= 150, name


def test_every_study_has_its_files():
    for name in STUDIES:
        assert {"README.md", "figure.png", "results"} <= {path.name for path in (EXPERIMENTS / name).iterdir()}, name
