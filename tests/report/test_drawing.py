import warnings
from itertools import combinations, pairwise

import numpy as np
import pytest

from fade.report.canvas import PALETTE, svg
from fade.report.drawing import architecture, hyper_architecture, layered, operations
from fade.report.figures import effect_curves, weight_curves
from fade.report.sweep_figures import grouped

from . import samples


@pytest.mark.parametrize("seed", range(20))
def test_edges_lead_to_the_right_and_vertices_stand_apart(seed):
    layout = layered(samples.cell(np.random.default_rng(seed), vertices=2 + seed % 7))
    assert all(a[0] < b[0] for points, _ in layout.edges for a, b in pairwise(points))
    assert all(max(abs(a[0] - b[0]), abs(a[1] - b[1])) > 0.05 for a, b in combinations(layout.vertices, 2))
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in layout.vertices)


def test_an_edge_never_runs_through_a_vertex_that_is_not_its_own():
    layout = layered("4/0-1:a/0-2:a/0-3:a/1-2:a/1-3:a/2-3:a")
    for points, _ in layout.edges:
        assert not set(points[1:-1]) & set(layout.vertices)


def test_a_path_is_straight_and_a_diamond_symmetric():
    assert {y for _, y in layered("3/0-1:a/1-2:a").vertices} == {0.5}
    heights = [y for _, y in layered("4/0-1:a/0-2:a/1-3:a/2-3:a").vertices]
    assert heights[0] == heights[3] == 0.5
    assert heights[1] - 0.5 == pytest.approx(0.5 - heights[2])


def test_ops_are_named_where_there_are_several():
    cells = ["2/0-1:conv3", "3/0-1:conv5/1-2:conv3"]
    assert operations([cells]) == ["conv3", "conv5"]
    assert ">conv5<" in svg(architecture(cells), "cells")
    assert ">conv3<" not in svg(architecture(cells[:1]), "cells")


@pytest.mark.parametrize(("draw", "stages"), [(architecture, 1), (architecture, 3), (hyper_architecture, 1)])
@pytest.mark.parametrize("count", [2, 6, 9])
def test_every_op_is_named_inside_the_picture(draw, stages, count):
    ops = ["dilconv5", "avgpool3", "conv3", "conv5", "conv7", "sepconv3", "sepconv5", "maxpool3", "identity"][:count]
    texts = [f"{count + 1}/" + "/".join(f"{i}-{i + 1}:{op}" for i, op in enumerate(ops))] * stages
    figure = draw([[text] for text in texts] if draw is hyper_architecture else texts)
    figure.draw_without_rendering()
    frame = figure.bbox
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text() in ops]
    assert len(boxes) == count
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 for box in boxes)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_an_image_has_no_colour_of_its_own_that_the_page_could_not_change():
    image = svg(architecture(["3/0-1:conv3", "2/0-1:conv5"]), "<cells>")
    assert not any(colour in image for colour in PALETTE.values())
    assert "var(--ink)" in image
    assert 'aria-label="&lt;cells&gt;"' in image


@pytest.mark.parametrize("epochs", [1, 8])
def test_stage_weights_start_even_and_end_as_trained(epochs):
    region = samples.region(epochs=epochs)
    for panel, final in zip(weight_curves(region).axes, region["stage_weights_epochs"][-1], strict=True):
        even, *curves = panel.lines
        assert {curve.get_ydata()[0] for curve in curves} == {even.get_ydata()[0]} == {1 / 4}
        assert [curve.get_ydata()[-1] for curve in curves] == final
        assert all(curve.get_xdata().tolist() == list(range(epochs + 1)) for curve in curves)


def test_effects_are_shown_beside_weights_where_a_region_had_both_kinds_of_training():
    weighted, disjoint = samples.region(epochs=3), samples.region(epochs=3, weights=False)
    assert effect_curves(weighted) is None
    assert weight_curves(disjoint) is None
    both = {**disjoint, **weighted}
    assert len(weight_curves(both).axes) == len(weighted["cells"])
    for panel, effects in zip(
        effect_curves(both).axes, np.swapaxes(both["training_effects_epochs"], 0, 1), strict=True
    ):
        _, *curves = panel.lines
        np.testing.assert_allclose([curve.get_ydata()[-1] for curve in curves], -effects.mean(0))
        assert all(curve.get_xdata().tolist() == [1, 2, 3] for curve in curves)


def test_effects_of_nothing_are_drawn_in_the_middle():
    region = samples.region(epochs=3, weights=False)
    region["training_effects_epochs"] = np.zeros_like(region["training_effects_epochs"]).tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel, *_ = effect_curves(region).axes
    low, high = panel.get_ylim()
    assert low == -high < 0


def test_one_epoch_is_one_tick():
    for panel in effect_curves(samples.region(epochs=1, weights=False)).axes:
        assert panel.get_xticks().tolist() == [1]


@pytest.mark.parametrize("label", ["name=a_${seed}_$b^", "seeds.training=${seed}, seeds.split=${seed}"])
def test_a_label_is_drawn_as_it_was_typed(label):
    figure = grouped({label: [{"scalars": {"correlation.spearman": 0.5}}]}, "correlation.spearman")
    assert figure is not None
    assert label in svg(figure, "jobs")


@pytest.mark.parametrize("candidates", [4, 20])
def test_every_curve_is_named_inside_its_panel(candidates):
    for panel in weight_curves(samples.region(candidates=candidates, depth=2)).axes:
        low, high = panel.get_ylim()
        heights = sorted(label.xy[1] for label in panel.texts if label.get_text().isdigit())
        assert len(heights) == candidates
        assert low - 1e-9 < heights[0] < heights[-1] < high + 1e-9
        assert min(np.diff(heights)) > 0
