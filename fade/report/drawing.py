"""Cells as pictures: layered drawings of single cells, regions and architectures.

A cell reads from left to right: the input (small dot) feeds the sources, each vertex stands one layer behind its last
predecessor, the sinks feed the output (small dot). Edges that skip layers run through invisible vertices, so that no
edge passes behind a vertex (Sugiyama, Tagawa and Toda 1981; the order inside a layer by barycentres).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.path import Path as Curve

from fade.report.canvas import ACCENT, FAINT, INK, MARK, MUTED, SERIES, drawn, sheet
from fade.report.quantity import decimal
from fade.space import Cell

Point = tuple[float, float]
Grid = Sequence[Sequence[str]]
Table = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Layout:
    """Positions in the unit square: vertices, the two ports, and edges as (points passed, op or None at a port)."""

    vertices: tuple[Point, ...]
    ports: tuple[Point, Point]
    edges: tuple[tuple[tuple[Point, ...], str | None], ...]


@lru_cache(maxsize=4096)
def layered(text: str) -> Layout:
    """Where the vertices and edges of the cell with this text stand."""
    cell = Cell.parse(text)
    entry, exit_ = cell.vertices, cell.vertices + 1
    layer = [1] * cell.vertices + [0]
    for tail, head, _ in cell.edges:  # sorted by tail, and every edge leads upwards: tails are final when they are read
        layer[head] = max(layer[head], layer[tail] + 1)
    layer.append(max(layer) + 1)
    edges: list[tuple[int, int, str | None]] = [*cell.edges]
    edges += [(entry, source, None) for source in cell.sources] + [(sink, exit_, None) for sink in cell.sinks]
    chains = []
    for tail, head, _ in edges:
        passed = range(len(layer), len(layer) + layer[head] - layer[tail] - 1)
        layer.extend(range(layer[tail] + 1, layer[head]))
        chains.append((tail, *passed, head))
    order = _ordered(layer, [link for chain in chains for link in itertools.pairwise(chain)])
    widest, last = max(map(len, order)), len(order) - 1
    place: dict[int, Point] = {}
    for column, nodes in enumerate(order):
        for row, node in enumerate(nodes):
            place[node] = (column / last, 0.5 - (row - (len(nodes) - 1) / 2) / max(widest, 2))
    return Layout(
        vertices=tuple(place[vertex] for vertex in range(cell.vertices)),
        ports=(place[entry], place[exit_]),
        edges=tuple(
            (tuple(place[node] for node in chain), op) for chain, (_, _, op) in zip(chains, edges, strict=True)
        ),
    )


def _ordered(layer: Sequence[int], links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The nodes of each layer, ordered by the barycentre of their neighbours, to and fro; the least crossed order."""
    order: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for node, column in enumerate(layer):
        order[column].append(node)
    behind: dict[int, list[int]] = {node: [] for node in range(len(layer))}
    ahead: dict[int, list[int]] = {node: [] for node in range(len(layer))}
    for tail, head in links:
        ahead[tail].append(head)
        behind[head].append(tail)
    best = [list(nodes) for nodes in order]
    fewest = _crossings(order, ahead)
    for sweep in range(8):
        forward = sweep % 2 == 0
        neighbours = behind if forward else ahead
        for nodes in order if forward else reversed(order):
            row = {node: place for nodes_ in order for place, node in enumerate(nodes_)}
            centre = {n: sum(row[m] for m in neighbours[n]) / len(neighbours[n]) for n in nodes if neighbours[n]}
            nodes.sort(key=lambda node: centre.get(node, row[node]))
        crossed = _crossings(order, ahead)
        if crossed < fewest:
            best, fewest = [list(nodes) for nodes in order], crossed
    return best


def _crossings(order: Sequence[Sequence[int]], ahead: dict[int, list[int]]) -> int:
    row = {node: place for nodes in order for place, node in enumerate(nodes)}
    count = 0
    for nodes in order:
        heads = [[row[head] for head in ahead[node]] for node in nodes]
        count += sum(a > b for i, upper in enumerate(heads) for lower in heads[i + 1 :] for a in upper for b in lower)
    return count


@drawn
def hyper_architecture(
    cells: Grid, *, weights: Table | None = None, scores: Table | None = None, top: Sequence[int] = ()
) -> Figure:
    """A region: a column for each stage, a card for each candidate, the top path traced through them.

    Args:
        cells: D x K texts of cells.
        weights: D x K in [0, 1]: shown by a bar, the card's tint and a number.
        scores: D x K, higher is better: a number on each card; they tint the cards where there are no weights.
        top: D candidates, one a stage; empty for none.
    """
    depth, candidates = len(cells), max(map(len, cells))
    ops = operations(cells)
    width, height, gap, aisle = 1.3, 0.92 + 0.17 * (weights is not None and scores is not None), 0.14, 0.42
    margin, header = 0.32, 0.34
    across = depth * (width + aisle) - aisle
    rows = _rows(ops, across)
    total = header + candidates * (height + gap) - gap + _footer(rows)
    figure, axes = sheet(2 * margin + across, total)

    def corner(d: int, k: int) -> Point:
        return margin + d * (width + aisle), total - header - k * (height + gap) - height

    strokes = Strokes(axes, {op: SERIES[i % len(SERIES)] if len(ops) > 1 else INK for i, op in enumerate(ops)})
    for d, stage in enumerate(cells):
        axes.text(corner(d, 0)[0] + width / 2, total - 0.12, f"stage {d}", ha="center", va="top", color=MUTED)
        share = weights[d] if weights else _normalised(scores[d]) if scores else [0.0] * len(stage)
        for k, text in enumerate(stage):
            x, y = corner(d, k)
            chosen = bool(top) and top[d] == k
            tint = 0.03 + 0.3 * share[k]
            _card(axes, x, y, width, height, edge=MARK if chosen else FAINT, tint=tint, weight=1.8 if chosen else 0.8)
            axes.text(x + 0.07, y + height - 0.06, str(k), va="top", fontsize=7.5, color=MUTED)
            foot = y + 0.13
            if weights:
                axes.plot([x + 0.12, x + width - 0.48], [foot] * 2, color=FAINT, linewidth=3)
                axes.plot([x + 0.12, x + 0.12 + (width - 0.6) * share[k]], [foot] * 2, color=ACCENT, linewidth=3)
                axes.text(x + width - 0.09, foot, f"{weights[d][k]:.3f}", ha="right", va="center", fontsize=8)
                foot += 0.17
            if scores:
                axes.text(x + 0.09, foot, "score", va="center", fontsize=7.5, color=MUTED)
                axes.text(x + width - 0.09, foot, decimal(scores[d][k], 3), ha="right", va="center", fontsize=8)
            strokes.cell(text, x + 0.16, y + 0.36 + height - 0.92, width - 0.32, 0.44)
    if top:
        middles = [(corner(d, k)[0], corner(d, k)[1] + height / 2) for d, k in enumerate(top)]
        _trace(axes, middles, width, margin)
    strokes.finish()
    _legend(axes, rows, strokes.colours, margin)
    return figure


@drawn
def architecture(cells: Sequence[str]) -> Figure:
    """One network: the cells of its D stages from input to output. Args: cells: D texts."""
    ops = operations([cells])
    width, height, aisle, margin = 1.75, 1.2, 0.42, 0.32
    across = len(cells) * (width + aisle) - aisle
    rows = _rows(ops, across)
    footer = _footer(rows)
    figure, axes = sheet(2 * margin + across, height + 0.34 + footer)
    strokes = Strokes(axes, {op: SERIES[i % len(SERIES)] if len(ops) > 1 else INK for i, op in enumerate(ops)})
    lefts = [margin + d * (width + aisle) for d in range(len(cells))]
    for d, (x, text) in enumerate(zip(lefts, cells, strict=True)):
        axes.text(x + width / 2, footer + height + 0.22, f"stage {d}", ha="center", va="top", color=MUTED)
        _card(axes, x, footer, width, height, edge=FAINT, tint=0.04, weight=0.8)
        strokes.cell(text, x + 0.18, footer + 0.16, width - 0.36, height - 0.32)
    _trace(axes, [(x, footer + height / 2) for x in lefts], width, margin)
    strokes.finish()
    _legend(axes, rows, strokes.colours, margin)
    return figure


def operations(cells: Grid) -> list[str]:
    """The ops that occur on edges, sorted."""
    return sorted({op for stage in cells for text in stage for _, _, op in Cell.parse(text).edges})


class Strokes:
    """Edges and vertices of many cells, collected to be drawn as two collections instead of a thousand artists."""

    def __init__(self, axes: Axes, colours: dict[str, str]) -> None:
        self.axes, self.colours = axes, colours
        self.curves: list[Curve] = []
        self.strokes: list[str] = []
        self.vertices: list[Point] = []
        self.ports: list[Point] = []

    def cell(self, text: str, x: float, y: float, width: float, height: float) -> None:
        """Draw the cell into the box with its lower left corner at (x, y)."""
        block = Cell.parse(text).block
        if block is not None:
            _card(self.axes, x, y + height * 0.14, width, height * 0.72, edge=MUTED, tint=0, weight=0.9, rounding=0.05)
            size = min(8.5, 100 * width / max(len(block), 1))
            self.axes.text(x + width / 2, y + height / 2, block, ha="center", va="center", fontsize=size)
            return
        layout = layered(text)

        def place(point: Point) -> Point:
            return x + width * point[0], y + height * point[1]

        for points, op in layout.edges:
            self.curves.append(_flowing([place(point) for point in points]))
            self.strokes.append(self.colours[op] if op else MUTED)
        self.vertices += map(place, layout.vertices)
        self.ports += map(place, layout.ports)

    def finish(self) -> None:
        """Put everything collected onto the axes."""
        quiet = [stroke == MUTED for stroke in self.strokes]
        colours = [to_rgba(colour, 0.55 if faint else 1) for colour, faint in zip(self.strokes, quiet, strict=True)]
        widths = [0.6 if faint else 1.1 for faint in quiet]
        lines = PathCollection(self.curves, facecolors="none", edgecolors=colours, linewidths=widths, zorder=3)
        lines.set_transform(self.axes.transData)
        self.axes.add_collection(lines, autolim=False)
        for points, size, colour in ((self.ports, 5, MUTED), (self.vertices, 17, INK)):
            if points:
                self.axes.scatter(
                    [x for x, _ in points], [y for _, y in points], s=size, color=colour, linewidths=0, zorder=4
                )


def _flowing(points: Sequence[Point]) -> Curve:
    """A smooth curve through the points that is level at each of them, like water."""
    vertices, codes = [points[0]], [Curve.MOVETO]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        vertices += [((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1), (x1, y1)]
        codes += [Curve.CURVE4] * 3
    return Curve(vertices, codes)


def _card(
    axes: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    edge: str,
    tint: float,
    weight: float,
    rounding: float = 0.07,
) -> None:
    box = FancyBboxPatch((x, y), width, height, boxstyle=f"round,pad=0,rounding_size={rounding}", linewidth=weight)
    box.set(edgecolor=edge, facecolor=to_rgba(ACCENT, tint), zorder=2)
    axes.add_patch(box)


def _trace(axes: Axes, middles: Sequence[Point], width: float, margin: float) -> None:
    """The line of a path from card to card, entering at the left and leaving at the right."""
    (x0, y0), (x1, y1) = middles[0], middles[-1]
    legs = [[(x0 - margin + 0.06, y0), (x0, y0)], [(x1 + width, y1), (x1 + width + margin - 0.06, y1)]]
    legs += [[(xa + width, ya), (xb, yb)] for (xa, ya), (xb, yb) in itertools.pairwise(middles)]
    curves = PathCollection(
        [_flowing(leg) for leg in legs], facecolors="none", edgecolors=MARK, linewidths=1.8, zorder=1
    )
    curves.set_transform(axes.transData)
    axes.add_collection(curves, autolim=False)


def _entry_width(op: str) -> float:
    return 0.48 + 0.075 * len(op)


def _rows(ops: Sequence[str], across: float) -> list[list[str]]:
    """The rows of a legend, as wide as the cards; none for a single op."""
    rows: list[list[str]] = []
    for op in ops if len(ops) > 1 else ():
        if rows and sum(map(_entry_width, [*rows[-1], op])) <= across:
            rows[-1].append(op)
        else:
            rows.append([op])
    return rows


def _footer(rows: Sequence[Sequence[str]]) -> float:
    return 0.14 + 0.2 * len(rows) if rows else 0.06


def _legend(axes: Axes, rows: Sequence[Sequence[str]], colours: Mapping[str, str], margin: float) -> None:
    for n, row in enumerate(rows):
        x, y = margin, 0.13 + 0.2 * (len(rows) - 1 - n)
        for op in row:
            axes.plot([x, x + 0.2], [y] * 2, color=colours[op], linewidth=1.8)
            axes.text(x + 0.26, y, op, va="center", fontsize=8, color=MUTED)
            x += _entry_width(op)


def _normalised(scores: Sequence[float]) -> list[float]:
    low, high = min(scores), max(scores)
    return [(score - low) / (high - low) if high > low else 0.0 for score in scores]
