"""What becomes of the examples of any source: sizes, statistics, splits and batches."""

import numpy as np
import pytest

from tests.data.small_datasets import build, everything, image_folder, npz


@pytest.mark.parametrize(("offset", "spread"), [(0.0, 1.0), (1e6, 0.5), (1e7, 2.0), (1e8, 32.0)])
def test_statistics_of_numbers_far_from_zero(tmp_path, offset, spread):
    x = (offset + spread * np.random.default_rng(0).normal(size=(2200, 2, 16))).astype(np.float32)
    y = np.arange(len(x)) % 3
    np.savez(tmp_path / "c.npz", x_train=x[:2000], y_train=y[:2000], x_test=x[2000:], y_test=y[2000:])
    data = build(name="npz", root=str(tmp_path / "c.npz"))
    trained = x[:2000].astype(np.float64)  # three quarters of these
    np.testing.assert_allclose(data.std, trained.std((0, 2)), rtol=0.02)
    np.testing.assert_allclose(data.mean, trained.mean((0, 2)), atol=0.05 * spread + 1e-7 * offset)


@pytest.mark.parametrize("value", [0.1, 0.3, 1000.1])
def test_a_constant_channel_is_left_at_its_scale(tmp_path, value):
    x = np.random.default_rng(0).normal(size=(90, 2, 16)).astype(np.float32)
    x[:, 1] = value
    y = np.arange(60) % 3
    np.savez(tmp_path / "c.npz", x_train=x[:60], y_train=y, x_test=x[60:], y_test=y[:30])
    assert build(name="npz", root=str(tmp_path / "c.npz")).std[1] == 1


def test_resizing_takes_the_centre_and_averages(tmp_path):
    stripes = np.zeros((30, 16, 32), np.uint8)
    stripes[:, ::2, 8:24] = 200  # the centre square is half 200, half 0; its sides, cut away, are 0
    root = npz(tmp_path / "x.npz", stripes, [0, 1], 10)
    assert (everything(build(name="npz", root=str(root), image_size=4)) - 100).abs().max() < 15


@pytest.mark.parametrize("channels", [1, 3])
def test_resizing_to_one_pixel_mixes_no_channels(tmp_path, channels):
    colours = np.random.default_rng(0).integers(256, size=(40, channels), dtype=np.uint8)
    root = npz(tmp_path / "x.npz", colours[:, :, None, None].repeat(8, 2).repeat(8, 3), [0, 1], 10)
    found = everything(build(name="npz", root=str(root), image_size=1))
    assert sorted(found[:, :, 0, 0].tolist()) == sorted(colours.tolist())


def test_too_few_images_for_the_splits(tmp_path):
    with pytest.raises(ValueError, match=r"has 2 training examples, too few for one in .*dataset\.alpha_fraction=0\.2"):
        build(name="image_folder", root=str(image_folder(tmp_path, per_class=(2, 1))))


def test_augmentation_for_another_kind_is_refused_once_the_data_tell(tmp_path):
    path = npz(tmp_path / "x.npz", np.zeros((40, 6)), [0, 1], 10)
    with pytest.raises(ValueError, match=r"dataset\.augment is 'flip', but npz holds signals"):
        build(name="npz", root=str(path), augment="flip")


def test_splits_and_batch_sizes_are_checked():
    data = build(name="digits")
    for splits in ((), ("weights", "weights"), ("train",)):
        with pytest.raises(ValueError, match="name some of weights, alpha, validation, test"):
            data.batches(*splits, batch_size=4, seed=0)
    for size, drop_last in ((0, False), (10_000, True)):
        with pytest.raises(ValueError, match=rf"trainer\.batch_size or trainer\.region_batch_size\) is {size}"):
            data.batches("weights", batch_size=size, seed=0, drop_last=drop_last)
