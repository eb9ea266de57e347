import json
import os
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from markupsafe import Markup
from matplotlib.backends.backend_agg import FigureCanvasAgg

from fade.report import build_run, figures
from fade.report.main import build
from fade.run_files import read_run

from . import samples
from .pages import Page

SHARED = Path(os.environ.get("FADE_SHARED", Path(__file__).parents[3] / "shared"))


def report(folder, metrics, config="name: x\n", exported=True):
    (folder / "best").mkdir(exist_ok=True)
    if exported:
        (folder / "best" / "model.pt2").touch()
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "config.yaml").write_text(config)
    return Page(build_run(folder))


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are made, but not drawn: most of a page's time, where only its text is looked at."""
    monkeypatch.setattr("fade.report.canvas.svg", lambda *_: Markup("<svg></svg>"))


text_alone = pytest.mark.usefixtures("undrawn")


def full():
    regions = [samples.region(i, paths=32, ops=("conv3", "conv5")) for i in range(2)]
    return samples.metrics(regions, search=True)


def blocks(cells):
    return [[f"block:{name}" for name in stage] for stage in cells]


def test_the_samples_are_what_the_schema_says():
    schema = SHARED / "metrics.schema.json"
    if not schema.is_file():
        pytest.skip(f"{schema} is absent; set FADE_SHARED to its folder")
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(full(), json.loads(schema.read_text()))
    jsonschema.validate(samples.metrics([samples.region(weights=False)], best=False), json.loads(schema.read_text()))


def test_a_page_needs_no_network(tmp_path):
    page = report(tmp_path, full())
    assert "http:" not in page.source
    assert "https:" not in page.source
    assert "<script" not in page.source
    assert "@import" not in page.source
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_a_page_says_what_the_metrics_say(tmp_path):
    metrics = full()
    page = report(tmp_path, metrics, config="name: x\ntrainer:\n  lr: 0.0123\n")
    found = metrics["regions"][-1]["correlation"]["spearman"]
    for text in (
        "rank_correlation", "mnist1d", "27.5\u00a0million", "81.7\u00a0%", "12.6\u00a0TFLOPs", "12\u00a0min 34\u00a0s",
        f"{found['value']:.2f}", f"[{found['low']:.2f}, {found['high']:.2f}]", "main_effects", "sinks", "2.11.0",
        "Given sinks and depth, ρ is 0.31.", "Of the top tenth by score, 50\u00a0% are in the top tenth by accuracy.",
        "lr: 0.0123", "best/model.pt2", metrics["best"]["architecture"][0],
        "peak memory of a training step", "130\u00a0MiB",
    ):  # fmt: skip
        assert " ".join(text.split()) in page.text, text
    assert page.images == 2 * 2 + 2 + 1 + 2 + 1  # cells and curves, scatters, regions compared, search and θ, best


@text_alone
def test_a_network_that_was_not_exported_is_not_called_so(tmp_path):
    assert "best/model.pt2" not in report(tmp_path, full(), exported=False).text


@text_alone
def test_time_from_the_store_is_no_part_of_the_time_spent(tmp_path):
    metrics = full()
    assert "of it the search" in report(tmp_path, metrics).text
    told = metrics | {"cost": metrics["cost"] | {"stored_seconds": 3.0}}
    guessed = metrics | {"seconds": metrics["cost"]["seconds"] / 2}  # an earlier run, which does not tell
    for each in (told, guessed):
        page = report(tmp_path, each)
        assert "some from the store" in page.text
        assert "of it the search" not in page.text


@pytest.mark.parametrize("name", ["O'Neil", "it: is", "7"])
def test_an_unfinished_run_has_its_name(tmp_path, name):
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"name": name}))
    assert read_run(tmp_path).metrics["name"] == name


def test_the_same_metrics_give_the_same_page(tmp_path):
    metrics = full()
    assert report(tmp_path, metrics).source == report(tmp_path, metrics).source


@text_alone
@pytest.mark.parametrize("absent", ["trajectory", "best", "device", "versions"])
def test_absent_parts_are_left_out(tmp_path, absent):
    metrics = {key: value for key, value in full().items() if key != absent}
    page = report(tmp_path, metrics)
    heading = {"trajectory": "The search", "best": "The best network"}.get(absent)
    assert heading is None or heading not in page.text


def test_regions_without_truth_weights_or_top_paths(tmp_path):
    region = samples.region(weights=False)
    del region["top_paths"]
    page = report(tmp_path, samples.metrics([region], best=False))
    assert "Do the scores mean anything?" not in page.text
    assert "The top paths" not in page.text
    assert "Stage weights over the epochs" not in page.text
    assert "in fair training, in nats" in page.text
    assert page.images == 2
    del region["training_effects_epochs"]
    assert report(tmp_path, samples.metrics([region], best=False)).images == 1


@pytest.mark.parametrize(("depth", "candidates"), [(1, 1), (1, 3), (3, 1), (12, 2), (2, 10)])
def test_regions_of_any_shape(tmp_path, depth, candidates):
    page = report(tmp_path, samples.metrics([samples.region(depth=depth, candidates=candidates)]))
    assert page.text.count(f"stage {depth - 1}") >= 2
    assert ("top path" in page.text) == (candidates > 1)


def test_blocks_and_edgeless_cells_are_drawn(tmp_path):
    region = samples.region(depth=2, candidates=3)
    region["cells"] = [["block:identity", "block:mbconv3_e3", "block:mbconv5_e6"], ["1", "3", "2/0-1:conv3"]]
    page = report(tmp_path, samples.metrics([region]))
    assert "mbconv5_e6" in page.text


def test_theta_of_listed_cells_is_drawn():
    metrics = full()
    for point in metrics["trajectory"]:
        point["theta"] = [{"cells": [0.2, 0.5, 0.3]}] * 3
    figure = figures.theta_map.__wrapped__(metrics)
    *stages, key = figure.axes
    assert [panel.images[0].get_array().shape[:2] for panel in stages] == [(3, 2)] * 3
    assert [label.get_text() for label in stages[0].get_yticklabels()] == ["0", "1", "2"]
    assert [text.get_text() for text in key.texts] == ["probability 0", "1"]


@pytest.mark.parametrize(("vertices", "named"), [(5, ["0–1", "0–2", "0–3"]), (8, ["0–1", "0–4", "0–7"])])
def test_rows_of_theta_are_named_by_their_vertex_pairs(vertices, named):
    regions = [samples.region(index) for index in range(2)]
    figure = figures.theta_map.__wrapped__(samples.metrics(regions, search=True, vertices=vertices))
    panel = figure.axes[0]
    names = [label.get_text() for label in panel.get_yticklabels()]
    assert names[:3] == named
    assert len(names) <= figures.ROW_NAMES
    pairs = list(combinations(range(vertices), 2))
    assert [pairs[int(tick)] for tick in panel.get_yticks()] == [tuple(map(int, name.split("–"))) for name in names]


@text_alone
def test_a_search_is_captioned_by_what_is_drawn(tmp_path):
    metrics = full()
    assert "What the search had found against what it had cost." in report(tmp_path, metrics).text
    for point in metrics["trajectory"]:
        del point["best_accuracy"], point["mode_accuracy"]
    text = report(tmp_path, metrics).text
    assert "How undecided the search was against what it had cost." in text
    assert "had found" not in text


def test_no_accuracy_above_all_is_marked():
    metrics = full()
    for point in metrics["trajectory"]:
        point["best_accuracy"] = point["mode_accuracy"] = 1.0
    region = metrics["regions"][0]
    for path in region["truth"]:
        path["accuracy"] = [1.0, 0.98]
    for draw, part in ((figures.search_progress, metrics), (figures.rank_scatter, region)):
        figure = draw.__wrapped__(part)
        FigureCanvasAgg(figure).draw()
        ticks = figure.axes[0].get_yticks()
        assert len(ticks) > 1
        assert max(ticks) <= 100


def test_a_search_that_cost_nothing_is_drawn_over_its_regions():
    metrics = full()
    for point in metrics["trajectory"]:
        point["train_flops"] = 0.0
    panel = figures.search_progress.__wrapped__(metrics).axes[0]
    assert panel.get_xlabel() == "region"
    assert panel.lines[0].get_xdata().tolist() == [0, 1]
    assert all(tick == int(tick) for tick in panel.get_xticks())


@text_alone
def test_with_pairs_the_top_path_need_not_have_the_best_candidates(tmp_path):
    clause = "the best candidate of each stage"
    metrics = full()
    assert clause in report(tmp_path, metrics).source
    metrics["regions"][0]["pair_scores"] = []
    assert clause not in report(tmp_path, metrics).source


@text_alone
def test_undefined_correlations_are_dashes_not_numbers(tmp_path):
    region = samples.region(paths=5, seeds=1)
    undefined = {"value": None, "low": None, "high": None}
    region["correlation"] |= {"spearman": undefined, "kendall": undefined, "regret": None}
    region["correlation"]["ceiling"] = {"spearman": None, "kendall": None, "low": None, "high": None}
    page = report(tmp_path, samples.metrics([region]))
    assert "undefined" in page.text
    assert "None" not in page.text
    assert "nan" not in page.text.lower().split()


def test_text_from_files_is_escaped(tmp_path):
    metrics = full() | {"name": "<b>&", "versions": {"<i>": "<script>"}}
    page = report(tmp_path, metrics, config="note: </pre><script>alert(1)</script>\n")
    assert "<script" not in page.source
    assert "<b>&" in page.text
    assert "</pre><script>alert(1)</script>" in page.text


@text_alone
def test_a_killed_run_shows_what_is_done(tmp_path):
    lines = []
    for region, point in zip(full()["regions"], full()["trajectory"], strict=True):
        lines.append(json.dumps(region | {"trajectory": point}))
    (tmp_path / "regions.jsonl").write_text("\n".join([*lines, lines[0][:100]]))
    (tmp_path / "config.yaml").write_text("name: killed_one\nseed: 0\n")
    page = Page(build_run(tmp_path))
    assert "This run is unfinished" in page.text
    assert "killed_one" in page.text
    assert "Region 1" in page.text
    assert "The search" in page.text
    assert "unfinished" not in report(tmp_path, full()).text


def test_ten_regions_make_a_small_page(tmp_path):
    regions = [samples.region(i, candidates=5, ops=("conv3", "conv5"), paths=30) for i in range(10)]
    metrics = samples.metrics(regions, search=True)
    page = report(tmp_path, metrics)
    assert len(page.source.encode()) < 3e6
    assert "4 of 10 regions are shown" in page.text


def test_a_folder_of_runs_is_told_which_is_the_newest(tmp_path):
    for name in ("2026-01-01_10-00-00", "2026-01-02_10-00-00"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "regions.jsonl").touch()
    with pytest.raises(ValueError, match=r"holds some; the newest is .*2026-01-02"):
        build(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.yaml", b"a: [", r"config\.yaml is damaged: .*; remove it"),
        ("config.yaml", b"\xff\xfe", r"config\.yaml is damaged: .*; remove it"),
        ("regions.jsonl", b"5\n5\n", r"regions\.jsonl line 1 is damaged: it is no object; remove the line"),
        ("metrics.json", b'{"regions": [5]}', r"metrics\.json has no list `regions`"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, file, content, message):
    (tmp_path / "config.yaml").write_text("name: x\n")
    (tmp_path / file).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        build(tmp_path)


def test_a_configuration_without_a_name_is_named_by_its_folder(tmp_path):
    (tmp_path / "config.yaml").write_text("[1, 2]")
    assert read_run(tmp_path).metrics["name"] == tmp_path.name


def test_labels_of_small_effects_are_whole():
    region = samples.region(weights=False)
    region["training_effects_epochs"] = [[[-0.003, 0.003, 0.0, 0.0]] * len(region["cells"])]
    figure = figures.effect_curves.__wrapped__(region)
    FigureCanvasAgg(figure).draw()
    labels = [label.get_window_extent() for label in figure.axes[0].get_yticklabels() if label.get_text()]
    assert len(labels) > 1
    assert min(label.x0 for label in labels) >= 0
