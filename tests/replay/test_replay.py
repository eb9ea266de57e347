"""What an earlier version has stored is still the same training, and is read to the same numbers.

The archive is of the present `RECIPE_VERSION`, made when that rose (`python -m tests.replay.make`). Every study is
replayed from its store without one training, and ends with the same metrics to the last bit.
"""

import json
import math
import tarfile
from pathlib import Path
from typing import Any

import pytest

from fade.config import compose_study
from fade.renamed import current_region
from fade.study import run
from tests.replay.make import ARCHIVE, machine
from tests.replay.studies import STUDIES, lasting, overrides

pytestmark = pytest.mark.usefixtures("bare")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay")
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(folder, filter="data")
    return folder


def differences(found: Any, expected: Any, close: bool, at: str = "") -> list[str]:
    """Where two values differ; floats in their last bits where these may."""
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = found.keys() | expected.keys()
        return [
            each
            for key in sorted(keys)
            for each in (
                differences(found[key], expected[key], close, f"{at}.{key}")
                if key in found and key in expected
                else [f"{at}.{key}"]
            )
        ]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [each for n, (one, other) in pairs for each in differences(one, other, close, f"{at}.{n}")]
    if close and isinstance(found, float) and isinstance(expected, float):
        return [] if math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12) else [at]
    return [] if found == expected and type(found) is type(expected) else [at]


def test_every_study_is_replayed_without_training(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: Any, **__: Any) -> None:
        raise AssertionError("a stored training was not found")

    for module in ("region", "networks"):
        monkeypatch.setattr(f"fade.training.{module}.fit", train)
    expected = json.loads((stored / "expected.json").read_text(encoding="utf-8"))
    close = expected["machine"] != machine()
    before = sorted((stored / "store").glob("??/*.json"))
    for name in STUDIES:
        metrics = expected["metrics"][name]
        metrics["regions"] = [current_region(region) for region in metrics["regions"]]
        found = run(compose_study(overrides(name, stored))).metrics
        assert differences(lasting(found), lasting(metrics), close) == [], name
    assert sorted((stored / "store").glob("??/*.json")) == before
