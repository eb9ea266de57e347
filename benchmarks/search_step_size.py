"""Regions until the mode of θ is the optimum of an additive landscape, by update and step size.

``python -m benchmarks.search_step_size [--seeds 20] [--regions 150] [--candidates 4] [--rank-correlation 1.0] ...``

A row: the median over the seeds of the regions until the mode is the optimum (``-`` beyond the budget), how many seeds
get there, and the mean regret of the mode (optimum 0, mean of the space 1) after 4, 25 and 100 regions and at the end.
"""

import argparse

import numpy as np

from fade.estimators.landscape import AdditiveLandscape
from fade.search import PseudoGradientConfig
from fade.space import CellSpace, HierarchicalSpace

STEP_SIZES = {
    "nes": (0.1, 0.2, 0.3, 0.5, 1.0),
    "pbil": (0.05, 0.1, 0.2, 0.4),
    "asng": (0.5, 1.0, 2.0),
}


def regrets(update: str, step_size: float, seed: int, arguments: argparse.Namespace) -> list[float]:
    """Regret of the mode after each region."""
    ops = tuple(f"op{index}" for index in range(arguments.ops))
    space = HierarchicalSpace(cell_space=CellSpace(vertices=arguments.vertices, ops=ops), depth=3)
    landscape = AdditiveLandscape(space, seed)
    config = PseudoGradientConfig(
        update=update, step_size=step_size, regions=arguments.regions, candidates=arguments.candidates
    )
    search = config.build(space, seed=seed)
    rng = np.random.default_rng(seed)
    curve = []
    while not search.done:
        region = search.ask()
        search.tell(region, landscape.noisy_stage_scores(region, arguments.rank_correlation, rng))
        mode = search.mode()
        assert mode is not None
        curve.append(landscape.regret(mode))
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--regions", type=int, default=150)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--vertices", type=int, default=5)
    parser.add_argument("--ops", type=int, default=1)
    parser.add_argument("--rank-correlation", type=float, default=1.0)
    parser.add_argument("--updates", nargs="+", default=list(STEP_SIZES))
    arguments = parser.parse_args()
    print("update  step   regions  found  regret at 4, 25, 100, end")
    for update in arguments.updates:
        for step_size in STEP_SIZES[update]:
            curves = [regrets(update, step_size, seed, arguments) for seed in range(arguments.seeds)]
            first = [next((i + 1 for i, regret in enumerate(c) if regret < 1e-9), np.inf) for c in curves]
            median = np.median(first)
            at = [np.mean([c[min(i, len(c)) - 1] for c in curves]) for i in (4, 25, 100, arguments.regions)]
            found = f"{sum(np.isfinite(first))}/{arguments.seeds}"
            text = f"{median:7.0f}" if np.isfinite(median) else "      -"
            print(
                f"{update:6}  {step_size:4}  {text}  {found:>5}  " + "  ".join(f"{regret:.3f}" for regret in at),
                flush=True,
            )


if __name__ == "__main__":
    main()
