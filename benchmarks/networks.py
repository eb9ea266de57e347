"""A training step of N stand-alone networks at once, cell by cell or grouped, in single or mixed precision.

python -m benchmarks.networks --device cuda --networks 32 96 600
"""

import argparse
import time

import numpy as np
import torch
import torch.nn.functional as F

from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.space import Region

BATCH, SHAPE, CLASSES = 50, (3, 16, 16), 10


def networks(count: int) -> Network:
    """Random paths of one region of 3 × 5 cells, 32 channels, on images of 16 pixels."""
    config = SpaceConfig(depth=3, channels=32)
    region = config.build().sample_region(np.random.default_rng(6), 5)
    paths = np.random.default_rng(0).integers(5, size=(count, 3))
    regions = [Region([[cell] for cell in region.architecture(path)]) for path in paths.tolist()]
    return Network(regions, config.layout(SHAPE, CLASSES), seeds=range(count))


def step_seconds(network: Network, device: torch.device, execution: str, mixed: bool, repeats: int) -> float:
    """The best time of a step: forward, backward and Adam."""
    for stage in network.each_stage():
        stage.cells.execution = execution  # type: ignore[union-attr]
    network.to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    x, y = torch.randn(BATCH, *SHAPE, device=device), torch.randint(CLASSES, (BATCH,), device=device)
    times = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            logits = network(x)
        (F.cross_entropy(logits.float().flatten(0, 1), y.repeat(len(logits))) * len(logits)).backward()
        optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--networks", type=int, nargs="+", default=[4])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print("| networks | how | precision | milliseconds a step | a network |", "|---|---|---|---|---|", sep="\n")
    for count in args.networks:
        for execution in ("loop", "grouped"):
            for mixed in (False, True):
                milliseconds = 1000 * step_seconds(networks(count), args.device, execution, mixed, args.repeats)
                precision = "bf16-mixed" if mixed else "32-true"
                print(f"| {count} | {execution} | {precision} | {milliseconds:.1f} | {milliseconds / count:.2f} |")


if __name__ == "__main__":
    main()
