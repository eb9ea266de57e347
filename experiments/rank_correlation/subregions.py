"""Do trainings rank better that mix fewer candidates? A region trained in parts, its paths read in each.

python -m experiments.rank_correlation.subregions FOLDER --design pairs --seed 0 --regions 3.0 --overrides OVERRIDES…
python -m experiments.rank_correlation.subregions FOLDER            # the table

A part of design `pairs` is a region of two of a stage's candidates; 15 parts have each candidate of five six times. One
of design `held` has one candidate in one stage and all in the others, 15 parts for five candidates in three stages
[few-shot NAS, arXiv 2006.06863]. Repeats of `trainer=apart`, where each path is a part of its own, come from
`experiments.rank_correlation.apart`. Parts are kept in FOLDER/subregions.jsonl, and none is trained again. A region is
read by main effects on the accuracies of the paths of all its parts.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from experiments.collect import kept, study_folder
from experiments.rank_correlation.retraining import region_trainer
from experiments.rank_correlation.study import Floats, Truth, read_truth
from experiments.readings import flops_of_all, header, named
from fade.ranking import PathRanks
from fade.report.estimates import mean_interval
from fade.report.quantity import interval
from fade.space import Region
from fade.training.effects import main_effects
from fade.training.evaluate import evaluate_paths
from fade.training.fit import fit
from fade.training.mixing import Noise
from fade.training.reading import standardised
from fade.training.region import RegionTrainer

Part = list[list[int]]
"""The candidates of each stage."""

BLOCKS = 3
LONG = "joint, 3 × 3 epochs, batches of 50, annealed"


def pairs(candidates: int, depth: int, seed: int) -> Iterator[Part]:
    """In each block the candidates of a stage are neighbours on a ring of their own, so that each is in two parts."""
    for block in range(BLOCKS * seed, BLOCKS * (seed + 1)):
        rng = np.random.default_rng([block, 7])
        rings, starts = ([rng.permutation(candidates) for _ in range(depth)] for _ in range(2))
        for number in range(candidates):
            places = [(start[number] + np.arange(2)) % candidates for start in starts]
            yield [sorted(ring[place].tolist()) for ring, place in zip(rings, places, strict=True)]


def held(candidates: int, depth: int, _: int) -> Iterator[Part]:
    """One candidate in one stage, all in the others."""
    for stage in range(depth):
        for candidate in range(candidates):
            yield [[candidate] if d == stage else list(range(candidates)) for d in range(depth)]


DESIGNS = {"pairs": pairs, "held": held}


class PartTrainer(RegionTrainer):
    """Trains a part of a region; a stage that has one candidate has no mixture."""

    part: Part

    def mixing(self, noise: Noise) -> list[Tensor | int]:  # type: ignore[override]
        return [part[0] if len(part) == 1 else m for part, m in zip(self.part, super().mixing(noise), strict=True)]


def flops(trainer: RegionTrainer, part: Part, paths: NDArray[np.int64]) -> int:
    """FLOPs of training a part of a trainer's region, and of reading paths of it."""
    cost, depth = trainer.network.cost(), np.arange(len(part))
    mixed = cost.fixed_macs + sum(cost.cell_macs[d, of].sum() for d, of in enumerate(part))
    read = len(paths) * cost.fixed_macs + cost.cell_macs[depth, paths].sum()
    examples = trainer.epochs * len(trainer.train_dataloader()) * trainer.config.batch_size
    return int(2 * (3 * examples * mixed + trainer.data.sizes["validation"] * read))


def train(truth: Truth, part: Part, seed: int, overrides: Sequence[str]) -> dict[str, Any]:
    """Train a part and read all its paths."""
    start, inner, local = time.perf_counter(), truth, part
    if 1 not in map(len, part):  # else the region stays whole, since it has as many candidates in each stage
        cells = [[stage[k] for k in of] for stage, of in zip(truth.region.cells, part, strict=True)]
        inner, local = replace(truth, region=Region(cells)), [list(range(len(of))) for of in part]
    with region_trainer(PartTrainer, inner, overrides, seed) as (module, _):
        module.part = local
        fit(module)
        losses, accuracies = evaluate_paths(module.network, grid(local), module.data, module.config.batch_size)
        cost = flops(module, local, grid(local))
    read = {"paths": grid(part).tolist(), "losses": losses.tolist(), "accuracies": accuracies.tolist()}
    return {**read, "train_flops": cost, "seconds": time.perf_counter() - start}


def grid(part: Part) -> NDArray[np.int64]:
    """All paths ``[P, D]`` of a part."""
    return np.array(list(product(*part)))


def effects(parts: Sequence[dict[str, Any]], candidates: int) -> Floats:
    """Main effects ``[D, K]`` on the accuracies of the paths of all parts."""
    paths, accuracies = (np.concatenate([part[key] for part in parts]) for key in ("paths", "accuracies"))
    return main_effects(paths, accuracies, candidates)


def scored(
    trained: Sequence[dict[str, Any]], whole: Sequence[dict[str, Any]], epochs: int, candidates: int
) -> dict[str, tuple[Floats, float]]:
    """Stage scores ``[D, K]`` of a region by how it was trained, and their price in trainings of all its paths.

    Each run of a design, the parts of all its runs, trainings that mix all candidates, and sums of the two.

    Args:
        trained: The region's parts.
        whole: Its trainings.
        epochs: Of its networks.
        candidates: K.
    """
    cost = flops_of_all(whole[0], epochs)
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in trained:
        runs[f"{row['design']}, run {row['seed']}"].append(row)
    for design in dict.fromkeys(row["design"] for row in trained):
        several = [rows for label, rows in runs.items() if label.startswith(design)]
        if len(several) > 1:
            runs[f"{design}, {len(several)} runs"] = list(chain(*several))
    parts = {
        label: (effects(rows, candidates), sum(row["train_flops"] for row in rows) / cost)
        for label, rows in runs.items()
    }
    mixed = {}
    for row in sorted((row for row in whole if named(row["trainer"]) == LONG), key=lambda row: row["seed"]):
        label = f"three trainings that mix all, run {row['seed']}"
        mixed[label] = (effects([row["path_losses"]], candidates), row["train_flops"] / cost)
    sums = {
        f"{one} + {other}": (standardised(e) + standardised(f), p + q)
        for one, (e, p) in parts.items()
        for other, (f, q) in mixed.items()
    }
    return parts | mixed | sums


def by_region(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["region"]].append(row)
    return found


def table(folder: Path) -> Iterator[str]:
    """Spearman's correlation of each, a column a region, with Student's interval over the regions."""
    rows = kept(folder / "truth.jsonl")
    truths = [read_truth(row) for row in rows]
    trained, whole = (by_region(kept(folder / f"{name}.jsonl")) for name in ("subregions", "trainings"))
    scores = [
        scored(trained[truth.name], whole[truth.name], row["epochs"], truth.region.candidates)
        for row, truth in zip(rows, truths, strict=True)
    ]
    names = [truth.name for truth in truths]
    yield from header("trained", "of training all paths", "Spearman", "with the additive part", *names)
    for label in [label for label in scores[0] if all(label in found for found in scores)]:
        ranks = [PathRanks(found[label][0]).scores(truth.paths) for found, truth in zip(scores, truths, strict=True)]
        rhos = np.array([stats.spearmanr(s, truth.mean).statistic for s, truth in zip(ranks, truths, strict=True)])
        additive = np.mean(
            [stats.spearmanr(s, truth.additive.mean(1)).statistic for s, truth in zip(ranks, truths, strict=True)]
        )
        share, each = np.mean([found[label][1] for found in scores]), " | ".join(f"{rho:+.2f}" for rho in rhos)
        mean = f"{rhos.mean():+.3f} {interval(mean_interval(rhos))}"
        yield f"| {label} | {100 * share:.0f} % | {mean} | {additive:+.2f} | {each} |"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    parser.add_argument("--design", choices=sorted(DESIGNS), help="what to train; the table alone where there is none")
    parser.add_argument("--seed", type=int, default=0, help="of initial weights and batches, and of the pairs")
    parser.add_argument("--regions", nargs="+", default=(), help="all where there are none")
    parser.add_argument("--overrides", nargs="+", default=(), help="of `fade`, the study's")
    asked = parser.parse_args()
    if not asked.design:
        print(*table(asked.folder), sep="\n")
        return
    file = asked.folder / "subregions.jsonl"
    there = kept(file)
    for truth in map(read_truth, kept(asked.folder / "truth.jsonl")):
        if asked.regions and truth.name not in asked.regions:
            continue
        for part in DESIGNS[asked.design](truth.region.candidates, truth.region.depth, asked.seed):
            row = {"region": truth.name, "design": asked.design, "seed": asked.seed, "part": part}
            if not any(row.items() <= known.items() for known in there):
                row |= train(truth, part, asked.seed, asked.overrides)
                with file.open("a") as rows:
                    rows.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
