"""The batch-of-cells engine against a plain loop over the same cells: one training step, forward and backward.

python -m benchmarks.engine
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.space import Region
from tests.nets.reference import evaluate_cell

CASES = {
    # name: (shape, classes, depth, candidates, channels, batch)
    "signal, hyper-architecture D=3 K=4": ((1, 40), 10, 3, 4, 16, 128),
    "image 16px, hyper-architecture D=3 K=5": ((3, 16, 16), 10, 3, 5, 16, 128),
    "image 32px, hyper-architecture D=3 K=5": ((3, 32, 32), 10, 3, 5, 32, 128),
}


def seconds(step: Callable[[], None], repeats: int) -> float:
    """Best time of a step."""
    step()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return min(times)


def mixed_by_loop(network: Network, x: torch.Tensor, mixing: list[torch.Tensor]) -> torch.Tensor:
    """The mixed network, one cell and one edge after the other."""
    h = x
    for stage, m in zip(network.stages, mixing, strict=True):
        weight, bias = stage.entry
        h = F.relu((F.conv1d if h.dim() == 3 else F.conv2d)(h, weight[0], bias[0], padding=1))
        h = sum(m[0, k] * evaluate_cell(stage.cells, k, h) for k in range(m.shape[1]))
        h = h if stage.pool is None else stage.pool(h)
    return F.linear(h.flatten(2).mean(2), network.head_weight[0], network.head_bias[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"torch {torch.__version__}, {args.threads} threads, milliseconds a step (forward and backward)")
    for name, case in CASES.items():
        print(name)
        for what, step in steps(*case).items():
            print(f"  {what:32s}{1000 * seconds(step, args.repeats):9.1f}", flush=True)


def steps(
    shape: tuple[int, ...], classes: int, depth: int, candidates: int, channels: int, batch: int
) -> dict[str, Callable[[], object]]:
    """Training steps of the same cells, done in several ways."""
    config = SpaceConfig(depth=depth, channels=channels)
    space, layout = config.build(), config.layout(shape, classes)
    region = space.sample_region(np.random.default_rng(0), candidates)
    x, y = torch.randn(batch, *shape), torch.randint(classes, (batch,))
    hyper = Network([region], layout, seeds=[0])
    mixing = [torch.full((1, candidates), 1 / candidates) for _ in range(depth)]
    paths = np.stack([np.random.default_rng(d).permutation(candidates) for d in range(depth)], 1)
    regions = [Region([[cell] for cell in region.architecture(path)]) for path in paths]
    alone = Network(regions, layout, seeds=range(candidates))
    singles = [alone.single(n) for n in range(candidates)]

    def train(network: Network, logits: Callable[[], torch.Tensor]) -> None:
        network.zero_grad()
        out = logits().flatten(0, -2)
        F.cross_entropy(out, y.repeat(len(out) // len(y))).backward()

    def execute(how: str, step: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            for network in (hyper, alone, *singles):
                for stage in network.stages:
                    stage.cells.execution = how
            return step()

        return run

    cases = {
        "mixed": lambda: train(hyper, lambda: hyper(x, mixing)),
        f"{candidates} disjoint paths": lambda: train(hyper, lambda: hyper.forward_paths(x, paths)),
        f"{candidates} networks at once": lambda: train(alone, lambda: alone(x)),
        f"{candidates} networks one by one": lambda: [train(n, lambda n=n: n(x)) for n in singles],
    }
    table = {f"{what}, {how}": execute(how, case) for what, case in cases.items() for how in ("grouped", "loop")}
    table["mixed, plain reference"] = lambda: train(hyper, lambda: mixed_by_loop(hyper, x, mixing))
    return table


if __name__ == "__main__":
    main()
