"""Train the studies and pack what they leave, for the day when `RECIPE_VERSION` rises: python -m tests.replay.make."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from fade.config import compose_study
from fade.study import run
from tests.replay.studies import STUDIES, overrides

ARCHIVE = Path(__file__).parent / "stored.tar.xz"


def machine() -> dict[str, Any]:
    """What the last bits of derived numbers depend on: kernels of linear algebra, and the libraries' versions."""
    kernels = sorted({str(found.get("architecture")) for found in threadpool_info() if "architecture" in found})
    return {"kernels": kernels, **{name: version(name) for name in ("numpy", "scipy", "scikit-learn")}}


def pack(folder: Path, archive: Path = ARCHIVE) -> None:
    """Pack the store and the metrics of the studies whose runs lie in a folder."""
    metrics = {}
    for name in STUDIES:
        (file,) = (folder / "outputs" / name).glob("*/metrics.json")
        metrics[name] = json.loads(file.read_text(encoding="utf-8"))
    with tarfile.open(archive, "w:xz") as packed:
        for file in sorted((folder / "store").glob("??/*")):
            packed.add(file, f"store/{file.relative_to(folder / 'store')}")
        content = json.dumps({"machine": machine(), "metrics": metrics}).encode()
        entry = tarfile.TarInfo("expected.json")
        entry.size = len(content)
        packed.addfile(entry, io.BytesIO(content))


def main() -> None:
    """See the module."""
    with tempfile.TemporaryDirectory() as folder:
        for name in STUDIES:
            run(compose_study(overrides(name, Path(folder))))
        pack(Path(folder))
    print(f"{ARCHIVE}: {ARCHIVE.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
