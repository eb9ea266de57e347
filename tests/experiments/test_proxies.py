"""Proxies of a study's paths, measured anew."""

import json
import sys

import numpy as np

from experiments.rank_correlation import proxies
from fade.config import compose_study
from fade.seeds import subseed
from fade.space import Region
from fade.study.preparation import prepare
from fade.truth import proxied
from fade.truth.proxies import proxy_scores
from tests.experiments.rows import CELLS, truth, write

OVERRIDES = [
    "dataset.train_samples=300",
    "dataset.test_samples=100",
    "space.depth=2",
    "space.vertices=4",
    "space.channels=4",
]


def test_they_are_those_of_a_run_and_all_else_is_kept(tmp_path, monkeypatch):
    row = truth("7.0")
    for path in row["paths"]:
        path["proxies"] = {"synflow": 1.0, "naswot": 2.0}
    row["paths"][-1] |= {"sampled": False, "proxies": None}
    folder = write(tmp_path / "study", [row], [])
    words = ["proxies", str(folder), "--store", str(tmp_path / "store"), "--names", "naswot", "--overrides", *OVERRIDES]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(proxied, "INITIALISATIONS", 2)
    proxies.main()
    (found,) = map(json.loads, (folder / "truth.jsonl").open())
    scores = [path["proxies"].pop("naswot") for path in found["paths"][:-1]]
    assert [path["proxies"] for path in found["paths"]] == [{"synflow": 1.0}] * 8 + [None]
    without = [[{k: v for k, v in path.items() if k != "proxies"} for path in each["paths"]] for each in (found, row)]
    assert without[0] == without[1]
    config = compose_study(["experiment=rank_correlation", "seed=7", *OVERRIDES])
    prepared, region = prepare(config), Region.parse(CELLS)
    architectures = [region.architecture(path["path"]) for path in row["paths"][:-1]]
    seed = subseed(config.seed_of("networks"), "proxies")
    options = {"seed": seed, "initialisations": 2}
    expected = proxy_scores(architectures, ["naswot"], prepared.layout, prepared.data, **options)["naswot"]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)
