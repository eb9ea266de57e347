"""`fade` in a process of its own, where the plugins of Hydra below `plugins` are installed."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def fade(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(HERE.parent.parent), str(HERE / "plugins"), str(folder)])
    return subprocess.run(
        [sys.executable, "-m", "fade", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
