"""All classes of labelled DAGs with a given number of vertices, each once, without keeping them."""

from collections.abc import Iterator

import numpy as np

from fade.space.canonical import Ints, canonical, levels

# Drawings canonicalised at once: enough to hide numpy's overhead, few enough to stay in the cache.
_BATCH = 2**14


def classes(vertices: int, ops: tuple[str, ...]) -> Iterator[Ints]:
    """Yield every class of labelled DAGs once, as batches `[N, n, n]` of canonical drawings, in a fixed order.

    Canonical augmentation (McKay, "Isomorph-free exhaustive generation", 1998): the parent of a class is the class left
    when the last vertex of its canonical drawing, always a sink, is removed. A class is thus born once, from its
    parent, by a new sink with the right predecessors; nothing needs remembering beyond the children of one parent.

    Args:
        vertices: Number of vertices n ≥ 1.
        ops: Names of the labels, sorted.
    """
    if vertices == 1:
        yield np.zeros((1, 1, 1), dtype=int)
        return
    predecessors = np.indices((len(ops) + 1,) * (vertices - 1)).reshape(vertices - 1, -1).T
    step = max(1, _BATCH // len(predecessors))
    for parents in classes(vertices - 1, ops):
        for start in range(0, len(parents), step):
            yield _children(parents[start : start + step], predecessors, ops)


def _children(parents: Ints, predecessors: Ints, ops: tuple[str, ...]) -> Ints:
    """The classes whose parents are among `parents`.

    Args:
        parents: Canonical drawings `[N, n - 1, n - 1]` of different classes.
        predecessors: Labels of the edges into the new vertex, `[P, n - 1]`.
        ops: Names of the labels, sorted.
    """
    # Levels come first in a canonical drawing, so a last vertex is at the highest level.
    level = levels(parents.transpose(0, 2, 1))
    new_level = ((predecessors > 0) * (level[:, None, :] + 1)).max(axis=2)
    origin, choice = np.nonzero(new_level >= level.max(axis=1, keepdims=True))
    drawings = np.pad(parents[origin], ((0, 0), (0, 1), (0, 1)))
    drawings[:, :-1, -1] = predecessors[choice]
    drawings = canonical(drawings, ops)

    codes = np.column_stack([origin, drawings.reshape(len(drawings), -1)])
    first = np.unique(_rows(codes), return_index=True)[1]
    first.sort()
    drawings, origin = drawings[first], origin[first]
    born_here = (canonical(drawings[:, :-1, :-1], ops) == parents[origin]).all(axis=(1, 2))
    accepted: Ints = drawings[born_here]
    return accepted


def _rows(codes: Ints) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Each row as one value that numpy can sort: far faster than `np.unique` by axis."""
    narrow = np.ascontiguousarray(codes, dtype=np.uint16)
    return narrow.view(np.dtype((np.void, narrow.itemsize * narrow.shape[1]))).ravel()
