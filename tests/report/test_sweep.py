import csv
import html
import json
import re
import shlex

import pytest

from fade.report import build_sweep, summarise, write_summary
from fade.report.main import main
from fade.report.summary import overrides

from . import samples
from .pages import Page


@pytest.fixture
def sweep(tmp_path):
    """Two trainers by two seeds: three done, one failed; one more pending."""
    settings = [("joint", 0), ("joint", 1), ("fair", 0), ("fair", 1), ("fair", 2)]
    states = ["done", "done", "done", "failed", "pending"]
    jobs = []
    for number, ((trainer, seed), state) in enumerate(zip(settings, states, strict=True)):
        error = "trainer.lr=9: the loss is <NaN>; lower trainer.lr" if state == "failed" else None
        overrides = ["experiment=demo", f"trainer={trainer}", f"seed={seed}"]
        jobs.append({"number": number, "folder": str(number), "overrides": overrides, "state": state, "error": error})
        (tmp_path / str(number)).mkdir()
        if state == "done":
            metrics = samples.metrics([samples.region(number, paths=15)])
            metrics["best"]["test_accuracy"] = (80 + number) / 100
            (tmp_path / str(number) / "metrics.json").write_text(json.dumps(metrics))
    (tmp_path / "1" / "report.html").write_text("")
    content = {"overrides": ["trainer=joint,fair", "seed=0,1"], "jobs": jobs}
    (tmp_path / "sweep.json").write_text(json.dumps(content))
    return tmp_path


def test_a_job_whose_metrics_are_gone_is_missing(sweep):
    (sweep / "2" / "metrics.json").unlink()
    assert "5 jobs: 2 done, 1 failed, 1 pending, 1 missing" in Page(build_sweep(sweep)).text
    with write_summary(sweep).open() as file:
        assert [row["state"] for row in csv.DictReader(file)] == ["done", "done", "missing", "failed", "pending"]


def test_a_job_that_was_begun_is_not_pending(sweep):
    (sweep / "4").mkdir(exist_ok=True)
    (sweep / "4" / "config.yaml").write_text("name: begun\n")
    assert "5 jobs: 3 done, 1 failed, 1 running" in Page(build_sweep(sweep)).text


def test_scalars_are_flat_and_numbers_are_kept():
    metrics = samples.metrics([samples.region(paths=20)], search=True)
    row = summarise(metrics)
    assert all(value is None or isinstance(value, int | float | str) for value in row.values())
    assert row["best.test_accuracy"] == metrics["best"]["test_accuracy"]
    assert row["correlation.spearman"] == metrics["regions"][0]["correlation"]["spearman"]["value"]
    assert row["ceiling.spearman"] == 0.93
    assert row["correlation.corrected"] == pytest.approx(row["correlation.spearman"] / 0.93)
    assert (row["correlation.partial"], row["correlation.precision_at_10"]) == (0.31, 0.5)
    assert row["baselines.sinks.kendall"] == 0.45
    assert (row["regions"], row["paths"]) == (1, 64)
    assert row["cost.train_flops"] == 1.26e13
    assert "correlation.spearman" not in summarise(samples.metrics([samples.region()]))


def test_paths_are_counted_exactly():
    region = samples.region()
    region["cells"] = [[str(k) for k in range(10)]] * 20
    assert summarise({"regions": [region]})["paths"] == 10**20


def test_the_summary_has_a_row_a_job_and_a_column_an_override(sweep):
    rows = list(csv.DictReader(write_summary(sweep).open()))
    assert list(rows[0])[:5] == ["number", "state", "experiment", "trainer", "seed"]
    assert [row["state"] for row in rows] == ["done", "done", "done", "failed", "pending"]
    assert [row["seed"] for row in rows] == ["0", "1", "0", "1", "2"]
    assert float(rows[2]["best.test_accuracy"]) == 0.82
    assert rows[3]["best.test_accuracy"] == ""


def test_the_page_compares_groups_and_names_failures(sweep):
    page = Page(build_sweep(sweep))
    assert "5 jobs: 3 done, 1 failed, 1 pending, 2 groups to compare" in page.text
    assert "fade -m trainer=joint,fair seed=0,1" in page.text
    assert "trainer=joint (n = 2)" in page.text
    assert "trainer=fair (n = 1)" in page.text
    assert "the loss is <NaN>; lower trainer.lr" in page.text
    assert {link for link in page.links if not link.startswith("#")} == {"1/report.html", "summary.csv"}
    assert page.images == 3
    assert "http" not in page.source


def test_the_command_can_be_pasted(sweep):
    words = ["experiment=mine", "seed=range(3)", "name=it's"]
    content = json.loads((sweep / "sweep.json").read_text()) | {"overrides": words, "config_dir": "my own"}
    (sweep / "sweep.json").write_text(json.dumps(content))
    (command,) = re.findall("<code>(fade -m .*)</code>", Page(build_sweep(sweep)).source)
    assert shlex.split(html.unescape(command)) == ["fade", "-m", "--config-dir=my own", *words]


def test_overrides_are_shown_as_they_were_meant():
    assert overrides({"overrides": [r"name=a_$\{seed\}", "+x='a, b'"]}) == {"name": "a_${seed}", "x": "'a, b'"}


def test_jobs_without_a_test_are_compared_by_what_they_found_on_the_landscape(sweep):
    for number in range(3):
        path = sweep / str(number) / "metrics.json"
        metrics = json.loads(path.read_text())
        metrics["best"] = {"architecture": ["2"], "validation_accuracy": (90 + number) / 100}
        path.write_text(json.dumps(metrics))
    page = Page(build_sweep(sweep))
    assert "best accuracy on the landscape" in page.text
    assert "92.0 %" in page.text
    assert "90.5 % [84.1, 96.9]" in page.text
    assert "test accuracy" not in page.text
    assert page.images == 3


def test_a_sweep_without_results_has_a_page(sweep):
    for number in range(3):
        (sweep / str(number) / "metrics.json").unlink()
    assert Page(build_sweep(sweep)).images == 0


def test_the_command_builds_runs_and_sweeps(sweep, capsys):
    assert main([str(sweep), str(sweep / "0")]) == 0
    assert capsys.readouterr().out.splitlines() == [str(sweep / "report.html"), str(sweep / "0" / "report.html")]
    assert "0/report.html" in Page(sweep / "report.html").links


@pytest.mark.parametrize("content", ["{", "[]", '{"regions": 3}', '{"name": "x", "regions": [{"index": 0}]}'])
def test_bad_input_is_one_line_and_code_2(tmp_path, capsys, content):
    (tmp_path / "metrics.json").write_text(content)
    assert main([str(tmp_path), str(tmp_path / "absent")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("fade-report: error: ") for line in lines)
    assert str(tmp_path) in lines[0]


def test_a_wrong_command_line_is_one_line_and_code_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
