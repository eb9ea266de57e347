"""Tables as Markdown, and their place in a study's page: between two markers, so that a command rebuilds them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

START, END = "<!-- table -->", "<!-- /table -->"


@dataclass(frozen=True)
class Claim:
    """A row of the table of all studies.

    Attributes:
        claim: A sentence.
        data: What it was measured on, with its role.
        n: Regions, networks and seeds.
        figure: With its interval.
        beside: The ceiling, and the strongest rival.
        cost: As a share of training all networks of the region.
        command: What computes the figure from the raw rows.
    """

    claim: str
    data: str
    n: str
    figure: str
    beside: str
    cost: str
    command: str


COLUMNS = ("Claim", "Data", "n", "Spearman's ρ [95 %]", "Ceiling; rivals", "Cost", "Rebuilt by")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first column is text, the others are figures.

    >>> print(table(["what", "rho"], [["a", "0.5"]]))
    | what | rho |
    |---|---:|
    | a | 0.5 |
    """
    lines = [header, *rows]
    cells = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([cells[0], "|---|" + "---:|" * (len(header) - 1), *cells[1:]])


def claims_table(claims: Sequence[Claim]) -> str:
    """The table of all studies."""
    cells = ["| " + " | ".join(line) + " |" for line in [COLUMNS, *map(astuple, claims)]]
    return "\n".join([cells[0], "|" + "---|" * len(COLUMNS), *cells[1:]])


def stored(page: str) -> str:
    """What stands between the markers of a page."""
    return page.split(START, 1)[1].split(END, 1)[0].strip()


def insert(file: Path, content: str) -> None:
    """Put content between the markers of a page."""
    page = file.read_text()
    if page.count(START) != 1 or page.count(END) != 1:
        raise ValueError(f"{file} needs {START} and {END} once each, where its table belongs")
    pattern = re.escape(START) + ".*?" + re.escape(END)
    file.write_text(re.sub(pattern, lambda _: f"{START}\n{content}\n{END}", page, flags=re.DOTALL))


def share(value: float, digits: int = 0) -> str:
    """A share in percent."""
    return f"{100 * value:.{digits}f} %"
