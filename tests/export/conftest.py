"""An exported network, and what it was exported from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fade.data import Data
from fade.export.export import export_network
from fade.nets import vocabulary
from fade.nets.network import Network
from fade.nets.vocabulary import register_op
from tests.export.samples import FACTS, Gate, make_datasets, random_network


@pytest.fixture(scope="module", autouse=True)
def gate() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "_REGISTERED", {})
        register_op("gated", lambda channels, dims: Gate(channels))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Data]:
    return make_datasets(tmp_path_factory.mktemp("datasets"))


@pytest.fixture(scope="module")
def exported(folder: Path, datasets: dict[str, Data]) -> tuple[Network, Path]:
    network, best = random_network("every sum normalised", datasets["images"]), folder / "exported"
    export_network(network, datasets["images"], best, facts=FACTS)
    return network, best
