"""Keep what each repeat of `trainer=apart` reads of a study's regions, beside its parts; a run keeps their mean alone.

python -m experiments.rank_correlation.apart STORE FOLDER

Each repeat that the runs' STORE has as many networks of as of any other becomes a row of FOLDER/subregions.jsonl, of
design `apart`, its seed the number of the repeat. `experiments.rank_correlation.subregions` reads them.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.collect import keep, kept, study_folder
from experiments.rank_correlation.study import Truth, read_truth
from fade.store import Entry, Store

ALIKE = ("recipe", "seed", "data", "layout", "device", "version")
"""What all networks of a study's paths have in common."""


def path_of(cells: Sequence[str], truth: Truth) -> list[int] | None:
    """The path of a region that has these cells; None if it has not."""
    if len(cells) != truth.region.depth:
        return None
    stages = zip(cells, truth.region.texts, strict=True)
    found = [stage.index(cell) if cell in stage else -1 for cell, stage in stages]
    return None if -1 in found else found


def repeats(entries: Iterable[Entry], truth: Truth) -> Iterator[dict[str, Any]]:
    """A row for each repeat of a region's paths, whose networks the store has in chunks."""
    chunks: dict[int, list[tuple[list[int], Any, int]]] = defaultdict(list)
    requests = set()
    for entry in entries:
        if entry.request["kind"] != "paths":
            continue
        paths = [path_of(cells, truth) for cells in entry.request["cells"]]
        if None not in paths:
            requests.add(json.dumps({key: entry.request[key] for key in ALIKE if key in entry.request}, sort_keys=True))
            chunks[entry.request["repeat"]] += [(path, entry, n) for n, path in enumerate(paths) if path is not None]
    if len(requests) > 1:
        raise SystemExit(f"The store has paths of region {truth.name} by several recipes: {'; '.join(requests)}")
    for repeat, networks in sorted(chunks.items()):
        if len(networks) < max(map(len, chunks.values())):  # a run was interrupted in it
            continue
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
    parser.add_argument("folder", type=study_folder)
    asked = parser.parse_args()
    file = asked.folder / "subregions.jsonl"
    entries = list(Store(asked.store).entries())
    rows = {(row["region"], row["design"], row["seed"], str(row["part"])): row for row in kept(file)}
    for truth in map(read_truth, kept(asked.folder / "truth.jsonl")):
        for row in repeats(entries, truth):
            rows[row["region"], row["design"], row["seed"], str(row["part"])] = row
    keep(file, rows.values())
    print(f"{file}: {sum(row['design'] == 'apart' for row in rows.values())} repeats")


if __name__ == "__main__":
    main()
