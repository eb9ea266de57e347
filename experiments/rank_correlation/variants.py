"""One training of a region, read by other weights, other statistics, and after fine-tuning; a line of variants.jsonl.

python -m experiments.rank_correlation.variants experiments/rank_correlation/NAME REGION [--seed 0] OVERRIDES...

OVERRIDES are those of the study (dataset, space, trainer). The read-outs of one-hot paths are compared by

- weights: those after the last step, or their exponential moving average over the steps;
- statistics of the normalisation: of each batch (of the recipe's size, or of 500), the running ones, which have seen
  what each candidate met in training, or those of the path alone, from 30 batches of training images;
- fine-tuning: for each (stage, candidate) some steps of training with that candidate in every path, then the mean loss
  of paths through it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import stats

from experiments.collect import study_folder
from experiments.rank_correlation.retraining import region_trainer
from experiments.rank_correlation.study import Truth, read_truth
from fade.nets.network import Network
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.effects import design, main_effects
from fade.training.evaluate import evaluate, evaluate_paths
from fade.training.fit import fit
from fade.training.modes import disjoint_paths
from fade.training.region import RegionTrainer

Floats = NDArray[np.float64]
DECAY, RECALIBRATION, PROBES = 0.99, 30, 25


class Averaged(RegionTrainer):
    """Keeps a moving average of the weights beside them."""

    def on_fit_start(self) -> None:
        self.average = {name: p.detach().clone() for name, p in self.network.named_parameters()}

    def step_weights(self) -> None:
        super().step_weights()
        for name, p in self.network.named_parameters():
            self.average[name].lerp_(p.detach(), 1 - DECAY)


@contextmanager
def weights(network: Network, values: dict[str, torch.Tensor] | None) -> Iterator[None]:
    """Use other weights for a while, and forget what happens to them."""
    kept = {name: value.clone() for name, value in network.state_dict().items()}
    try:
        if values:
            network.load_state_dict(values, strict=False)
        yield
    finally:
        network.load_state_dict(kept)


def kept(
    network: Network, paths: NDArray[np.int64], data: Data, batch_size: int, recalibration: int
) -> tuple[Floats, Floats]:
    """Losses and accuracies by kept statistics: those of training, moved by so many batches through the path alone."""
    found = []
    for path in paths.tolist():
        alone = network.path_network(path)
        batches = data.batches("weights", "alpha", batch_size=batch_size, seed=1, shuffle=True)
        with torch.no_grad(), alone.statistics("update"):
            for x, _ in itertools.islice(batches, recalibration):
                alone(x)
        with alone.statistics("running"):
            found.append([values[0] for values in evaluate(alone, data, "validation", batch_size)])
    losses, accuracies = np.array(found).T
    return losses, accuracies


def tuned(network: Network, data: Data, config: TrainerConfig, steps: int, candidates: int, depth: int) -> Floats:
    """Minus the mean loss of paths through each candidate after steps that all use it, ``[D, K]``."""
    probes, scores = design(candidates, depth, PROBES, 7), np.empty((depth, candidates))
    for d, k in itertools.product(range(depth), range(candidates)):
        rng = np.random.default_rng(k)
        with weights(network, None):
            optimizer = torch.optim.Adam(network.parameters(), lr=config.lr / 3)
            batches = data.batches("weights", "alpha", batch_size=config.batch_size, seed=2, shuffle=True)
            for x, y in itertools.islice(batches, steps):
                paths = disjoint_paths(candidates, depth, rng)
                paths[:, d] = k
                optimizer.zero_grad()
                logits = network.forward_paths(x, paths)
                F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits))).backward()
                optimizer.step()
            through = probes.copy()
            through[:, d] = k
            scores[d, k] = -evaluate_paths(network, np.unique(through, axis=0), data, config.batch_size)[0].mean()
    return scores


def read(truth: Truth, overrides: list[str], seed: int, steps: int) -> dict[str, Any]:
    """Spearman's correlation of each variant with the truth, and the seconds that it took."""
    found: dict[str, float] = {}
    seconds: dict[str, float] = {}
    with region_trainer(Averaged, truth, overrides, seed) as (module, _):
        network, data, trainer = module.network, module.data, module.config
        start = time.perf_counter()
        fit(module)
        seconds["training"] = time.perf_counter() - start
        candidates, depth, batch = truth.region.candidates, truth.region.depth, trainer.batch_size
        every = design(candidates, depth, candidates**depth, 0)
        index = [int(np.flatnonzero((every == path).all(1))[0]) for path in truth.paths]

        def put(name: str, losses: Floats, accuracies: Floats) -> None:
            found[f"{name}, each path"] = float(stats.spearmanr(-losses[index], truth.mean).statistic)
            for what, values in {"main effects": losses, "accuracy effects": -accuracies}.items():
                scores = -main_effects(every, values, candidates)[np.arange(depth), truth.paths].sum(1)
                found[f"{name}, {what}"] = float(stats.spearmanr(scores, truth.mean).statistic)

        for name, values in (("last weights", None), ("average weights", module.average)):
            with weights(network, values):
                for label, values_of in (
                    ("batches", lambda: evaluate_paths(network, every, data, batch)),
                    ("batches of 500", lambda: evaluate_paths(network, every, data, 500)),
                    ("running", lambda: kept(network, every, data, batch, 0)),
                    ("recalibrated", lambda: kept(network, every, data, batch, RECALIBRATION)),
                ):
                    start = time.perf_counter()
                    put(f"{name}, {label}", *values_of())
                    seconds[f"{name}, {label}"] = time.perf_counter() - start
        if steps:
            start = time.perf_counter()
            scores = tuned(network, data, trainer, steps, candidates, depth)
            seconds["fine-tuned"] = time.perf_counter() - start
            total = scores[np.arange(depth), truth.paths].sum(1)
            found[f"fine-tuned {steps} steps"] = float(stats.spearmanr(total, truth.mean).statistic)
    told = vars(trainer)
    return {"region": truth.name, "seed": seed, "trainer": told, "spearman": found, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    parser.add_argument("region")
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_intermixed_args()
    truths = [read_truth(json.loads(line)) for line in (args.folder / "truth.jsonl").open()]
    truth = next(truth for truth in truths if truth.name == args.region)
    row = read(truth, args.overrides, args.seed, args.steps)
    with (args.folder / "variants.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()
