"""Pack the published JSON table into the file that the package carries.

python experiments/nas_bench_macro/pack_table.py nas-bench-macro_cifar10.json
"""

import argparse
import itertools
import json
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[2] / "fade" / "truth" / "data" / "nas_bench_macro.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    table = json.loads(parser.parse_args().table.read_text())
    rows = [table["".join(digits)] for digits in itertools.product("012", repeat=8)]
    percent = np.array([row["test_acc"] for row in rows])
    hits = np.rint(percent * 100)  # of 10,000 test images
    assert np.abs(hits / 100 - percent).max() < 1e-4
    np.savez_compressed(
        TARGET,
        hits=hits.astype(np.uint16),
        parameters=np.array([row["params"] for row in rows], np.uint32),
        macs=np.array([row["flops"] for row in rows], np.uint32),
    )
    print(f"{TARGET}: {len(rows)} networks, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
