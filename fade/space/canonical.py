"""Canonical drawings of labelled DAGs, many at once.

Colour refinement orders the vertices; a search with automorphism pruning breaks the ties that refinement leaves
(McKay, "Practical graph isomorphism", 1981) [ours: levels come first, so that a canonical drawing is itself a valid
drawing, with all edges i < j; twins are ordered at once, so that symmetric cells cost nothing].

Throughout, `labels` is an integer array `[N, n, n]` of N drawings: `labels[g, i, j]` is 0 where there is no edge i→j
and 1 + the index of its op in `ops` (sorted by name) where there is one, for i < j only. A colouring `[N, n]` gives
each vertex the number of vertices before its class, so a colouring without ties is an order of the vertices.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int_]
Hashes = NDArray[np.uint64]


def canonical(labels: Ints, ops: tuple[str, ...]) -> Ints:
    """Draw each DAG canonically: isomorphic ones become equal, others stay different.

    The result depends on the names of the ops, not on their place in `ops`: more names in `ops` change nothing but the
    numbering. It is exact: hashing only sorts, and a collision of hashes costs time, never an answer.

    Args:
        labels: Drawings `[N, n, n]`, edges only above the diagonal.
        ops: Names that the labels stand for, sorted.

    Returns:
        The canonical drawings `[N, n, n]`, edges only above the diagonal.
    """
    count, n = labels.shape[:2]
    # 0: no edge, l: an edge labelled l comes in, len(ops) + l: one goes out.
    incoming = labels.transpose(0, 2, 1)
    relations = incoming + np.where(labels > 0, labels + len(ops), 0)
    table = _hash_table(ops, n)
    colours = _refine(relations, _first_colours(incoming, relations), table)
    for g in np.flatnonzero(colours.sum(axis=1) < n * (n - 1) // 2):
        colours[g] = _break_ties(relations[g], colours[g], table)
    order = colours.argsort(axis=1)
    drawn: Ints = labels[np.arange(count)[:, None, None], order[:, :, None], order[:, None, :]]
    return drawn


def levels(incoming: Ints) -> Ints:
    """Length of the longest path from a source to each vertex, `[N, n]`; `incoming` is the transpose of `labels`."""
    count, n = incoming.shape[:2]
    level: Ints = np.zeros((count, n), dtype=int)
    for v in range(1, n):
        level[:, v] = np.where(incoming[:, v, :v] > 0, level[:, :v] + 1, 0).max(axis=1)
    return level


@lru_cache(maxsize=256)
def _hash_table(ops: tuple[str, ...], n: int) -> Hashes:
    """A 64-bit number for each (relation, colour), flat; the same on every machine, as texts are the keys of stores."""
    table = np.zeros((2 * len(ops) + 1, n), dtype=np.uint64)
    for row, relation in enumerate([f"{side}{op}" for side in "<>" for op in ops], start=1):
        for colour in range(n):
            digest = hashlib.blake2b(f"{colour}{relation}".encode(), digest_size=8).digest()
            table[row, colour] = int.from_bytes(digest, "big")
    return table.ravel()


def _dense(keys: Ints | Hashes) -> Ints:
    """Colours in the order of `keys` `[N, n]`: how many keys of the same DAG are smaller."""
    return np.asarray((keys[:, None, :] < keys[:, :, None]).sum(axis=2))


def _first_colours(incoming: Ints, relations: Ints) -> Ints:
    """Vertices by level, and twins (same labelled neighbours) in the order drawn.

    Exchanging twins is an automorphism, so any order of them leads to the same drawing.
    """
    n = relations.shape[1]
    twins = (relations[:, :, None, :] == relations[:, None, :, :]).all(axis=3)
    return _dense(levels(incoming) * n + np.tril(twins, -1).sum(axis=2))


def _refine(relations: Ints, colours: Ints, table: Hashes) -> Ints:
    """Split colours by the hashed multiset of (relation, colour) over the neighbours, until nothing splits."""
    n = relations.shape[1]
    colours = colours.copy()
    rows = np.flatnonzero(colours.sum(axis=1) < n * (n - 1) // 2)
    offsets = relations[rows] * n
    while rows.size:
        before = colours[rows]
        hashes = table[offsets + before[:, None, :]].sum(axis=2)
        after = _dense(hashes >> np.uint64(16) | before.astype(np.uint64) << np.uint64(48))
        colours[rows] = after
        total = after.sum(axis=1)
        unsettled = (total > before.sum(axis=1)) & (total < n * (n - 1) // 2)
        rows, offsets = rows[unsettled], offsets[unsettled]
    return colours


def _break_ties(relations: Ints, colours: Ints, table: Hashes) -> Ints:
    """The colouring without ties, among all that the search tree offers, that gives the least drawing.

    Args:
        relations: One DAG `[n, n]`.
        colours: Its refined colours `[n]`.
        table: Hashes by relation and colour.
    """
    n = len(colours)
    leaves: dict[tuple[int, ...], tuple[Ints, list[int]]] = {}
    automorphisms: list[list[int]] = []

    def visit(colours: Ints, path: list[int]) -> int:
        """Explore below the vertices `path`, singled out in turn; returns the depth at which to go on."""
        if colours.sum() == n * (n - 1) // 2:
            order = colours.argsort()
            drawing = tuple(relations[np.ix_(order, order)].ravel().tolist())
            if drawing not in leaves:
                leaves[drawing] = colours, path
                return len(path)
            twin_colours, twin_path = leaves[drawing]
            automorphisms.append(order[twin_colours].tolist())
            # Below the fork of the two paths everything repeats what the earlier path has shown.
            return next(depth for depth, (a, b) in enumerate(zip(path, twin_path, strict=True)) if a != b)
        members = _first_tie(colours)
        children = np.repeat(colours[None], len(members), axis=0)
        children[:, members] += 1 - np.eye(len(members), dtype=int)
        children = _refine(np.broadcast_to(relations, (len(members), n, n)), children, table)
        tried: list[int] = []
        for vertex, child in zip(members.tolist(), children, strict=True):
            if vertex in _orbits(tried, [a for a in automorphisms if all(a[v] == v for v in path)]):
                continue
            depth = visit(child, [*path, vertex])
            if depth < len(path):
                return depth
            tried.append(vertex)
        return len(path)

    visit(colours, [])
    return leaves[min(leaves)][0]


def _first_tie(colours: Ints) -> Ints:
    """Vertices of the first class that has more than one."""
    ordered = sorted(colours.tolist())
    tied = next(a for a, b in pairwise(ordered) if a == b)
    return np.flatnonzero(colours == tied)


def _orbits(vertices: Sequence[int], automorphisms: list[list[int]]) -> set[int]:
    """All vertices that the automorphisms can bring `vertices` to."""
    reached = set(vertices)
    new = list(vertices)
    while new:
        vertex = new.pop()
        images = {a[vertex] for a in automorphisms} - reached
        reached |= images
        new.extend(images)
    return reached
