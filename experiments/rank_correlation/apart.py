"""Keep what each repeat of `trainer=apart` reads of a study's regions, beside its parts; a run keeps their mean alone.

python -m experiments.rank_correlation.apart STORE FOLDER

Each repeat that the runs' STORE has whole becomes a row of FOLDER/subregions.jsonl, of design `apart`, its seed the
number of the repeat. `experiments.rank_correlation.subregions` reads them.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.collect import keep, kept
from experiments.rank_correlation.study import Truth, read_truth
from fade.store import Entry, Store


def path_of(cells: Sequence[str], truth: Truth) -> list[int] | None:
    """The path of a region that has these cells; None if it has not."""
    stages = zip(cells, truth.region.texts, strict=True)
    found = [stage.index(cell) if cell in stage else -1 for cell, stage in stages]
    return None if -1 in found else found


def repeats(entries: Iterable[Entry], truth: Truth) -> Iterator[dict[str, Any]]:
    """A row for each repeat of a region's paths, whose networks the store has in chunks."""
    chunks: dict[int, list[tuple[list[int], Any, int]]] = defaultdict(list)
    for entry in entries:
        paths = [path_of(cells, truth) for cells in entry.request["cells"]]
        chunks[entry.request["repeat"]] += [(path, entry, n) for n, path in enumerate(paths) if path is not None]
    for repeat, networks in sorted(chunks.items()):
        networks.sort(key=lambda network: network[0])
        results = [(entry.result, n) for _, entry, n in networks]
        yield {
            "region": truth.name,
            "design": "apart",
            "seed": repeat,
            "part": [list(range(truth.region.candidates))] * truth.region.depth,
            "paths": [path for path, _, _ in networks],
            "losses": [result["losses"][n] for result, n in results],
            "accuracies": [result["accuracies"][n] for result, n in results],
            "train_flops": sum(result["train_flops"][n] for result, n in results),
            "seconds": sum(result["seconds"] / len(result["losses"]) for result, _ in results),
        }


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    file = asked.folder / "subregions.jsonl"
    entries = [entry for entry in Store(asked.store).entries() if entry.request["kind"] == "paths"]
    rows = {(row["region"], row["design"], row["seed"], str(row["part"])): row for row in kept(file)}
    for truth in map(read_truth, kept(asked.folder / "truth.jsonl")):
        for row in repeats([e for e in entries if len(e.request["cells"][0]) == truth.region.depth], truth):
            assert len({*map(tuple, row["paths"])}) == len(row["paths"]), f"{asked.store} has several recipes"
            rows[row["region"], row["design"], row["seed"], str(row["part"])] = row
    keep(file, rows.values())
    print(f"{file}: {sum(row['design'] == 'apart' for row in rows.values())} repeats")


if __name__ == "__main__":
    main()
