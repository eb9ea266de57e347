"""The one look of all figures, and how a figure becomes part of a page.

Figures are drawn in the light scheme's colours, so they stand alone (in a tracker, in a paper). Inside a page each of
these colours turns into the CSS variable of the same name, and its text into real text: the figure follows the page
into the dark scheme and takes its typeface. Magnitudes are shown by opacity, never by a colour map with
a white end.
"""

import functools
import io
import re
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import AutoLocator, MaxNLocator

P = ParamSpec("P")
T = TypeVar("T")

INK, MUTED, FAINT, ACCENT, MARK = "#23272b", "#6d7278", "#d8d4cb", "#2c6e91", "#c0522d"
SERIES = ("#2b6cb1", "#d9822b", "#3c9460", "#a84f9c", "#c5473f", "#7a6fd0", "#8d6e4c", "#2d9ca3", "#9aa02f", "#d36a99")
PALETTE = {
    "ink": INK,
    "muted": MUTED,
    "faint": FAINT,
    "accent": ACCENT,
    "mark": MARK,
    **{f"series-{number}": colour for number, colour in enumerate(SERIES)},
}
"""CSS variable -> the colour it stands for in a figure. All differ, as the page tells them apart by their value."""

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "figure.facecolor": "white",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.solid_capstyle": "round",
    "text.parse_math": False,  # labels are what users typed
}


def drawn(draw: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw in the style of the report, whatever matplotlib's own settings are."""

    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> T:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return styled


def panels(
    width: float, height: float, rows: int = 1, columns: int = 1, left: float = 0.6, gap: float = 0.35
) -> tuple[Figure, list[Axes]]:
    """A figure of `width` x `height` inches with `rows * columns` quiet axes, row by row.

    Margins are fixed, `left` inches for the labels of the first column and `gap` between columns: finding them by
    drawing would double the time.
    """
    figure = Figure(figsize=(width, height))
    axes = [panel(axis) for row in figure.subplots(rows, columns, squeeze=False) for axis in row]
    inner, tall = (width - left - 0.25) / columns, (height - 0.8) / rows
    figure.subplots_adjust(left / width, 0.5 / height, 1 - 0.25 / width, 1 - 0.3 / height)
    figure.subplots_adjust(wspace=gap / (inner - gap), hspace=0.4 / (tall - 0.4))
    return figure, axes


def grid(depth: int) -> tuple[Figure, list[Axes]]:
    """A small panel for each of `depth` stages, at most four in a row, named and with whole numbers along it."""
    columns = min(depth, 4)
    rows = -(-depth // columns)
    figure, axes = panels(max(2.2 * columns + 0.5, 3.7), 1.55 * rows + 0.75, rows, columns, left=0.6)
    for unused in axes[depth:]:
        unused.set_visible(False)
    for d, each in enumerate(axes[:depth]):
        each.set_title(f"stage {d}", fontsize=9, color=MUTED, loc="left")
        each.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        each.tick_params(labelleft=d % columns == 0, labelbottom=d >= depth - columns)
    return figure, axes[:depth]


def panel(axes: Axes) -> Axes:
    """Two spines, small outward ticks, a grid so faint that data need not compete with it."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(color=FAINT, labelcolor=MUTED, labelsize=8.5, length=3, width=0.8)
    axes.grid(axis="y", color=FAINT, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    return axes


class PercentLocator(AutoLocator):
    """Ticks of an axis of accuracies in percent, none above 100."""

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """See `matplotlib.ticker.Locator`."""
        return [tick for tick in super().tick_values(vmin, vmax) if tick <= 100 + 1e-9]


def name_width(names: Sequence[str]) -> float:
    """Inches that the longest of the names takes as a tick label."""
    return 0.2 + 0.068 * max(map(len, names))


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of `width` x `height` inches with one bare axes over all of it, whose data unit is the inch."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1), frameon=False)
    axes.set(xlim=(0, width), ylim=(0, height), xticks=[], yticks=[])
    return figure, axes


@dataclass(frozen=True)
class Image:
    """A figure as inline SVG. `wide`: it is to be scrolled, not shrunk, where it does not fit."""

    svg: Markup
    width: int
    wide: bool

    @classmethod
    def of(cls, figure: Figure, description: str) -> "Image":
        """Render a figure; `description` says what it shows, for those who cannot see it."""
        width = round(figure.get_size_inches()[0] * 96)
        return cls(svg(figure, description), width, width > 1100)


def svg(figure: Figure, description: str) -> Markup:
    """The figure as inline SVG: no namespace or metadata address, colours as CSS variables, short numbers.

    Args:
        figure: Drawn with the palette's colours.
        description: What it shows, for those who cannot see it. Also salts the ids, so that the ids of two figures on
            one page differ, and the same figure is the same text each time.
    """
    buffer = io.StringIO()
    salt = f"{zlib.crc32(description.encode()):08x}"
    unnamed = {"Creator": None, "Date": None, "Format": None, "Type": None}
    style = matplotlib.rc_context({**STYLE, "svg.fonttype": "none", "svg.hashsalt": salt})
    with style, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the page's fonts have it, or the reader's
        figure.savefig(buffer, format="svg", transparent=True, metadata=unnamed)
    text = buffer.getvalue()
    text = text[text.index("<svg") :].replace("xlink:href", "href")
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\d\.\d\d)\d+", r"\1", tag[0]), text)
    for name, colour in PALETTE.items():
        text = text.replace(colour, f"var(--{name})")
    text = _own_ids(text, salt)
    width, height = (72 * inches for inches in figure.get_size_inches())
    box, pixels = f"0 0 {width:g} {height:g}", round(width * 4 / 3)
    start = f'<svg role="img" aria-label="{escape(description)}" viewBox="{box}" style="width:{pixels}px">'
    return Markup(re.sub(r"<svg[^>]*>", lambda _: start, re.sub(r"\s*\n\s*", " ", text), count=1))


def _own_ids(text: str, salt: str) -> str:
    """Drop ids that nothing refers to, and let the others be the figure's own."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{salt}{found[1]}"' if found[1] in used else "", text)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{salt}", text)
