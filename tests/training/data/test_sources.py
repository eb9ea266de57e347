"""What is particular to one source; above all, what is said when it is not as it should be."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image

from fade.training.data import Data, DatasetConfig
from tests.training.data.small_datasets import fake_cifar10, fake_mnist, image_folder, npz, random_images


def build(**keys) -> Data:
    return DatasetConfig(**keys).build(seed=0, device="cpu")


def everything(data: Data) -> torch.Tensor:
    """All examples in raw units, sorted by content."""
    x = torch.cat([x for x, _ in data.batches(*data.sizes, batch_size=64, seed=0)])
    column = (-1, *[1] * (x.ndim - 2))
    return (x * data.std.view(column) + data.mean.view(column)).round()


def test_configuration_is_answered_without_torch():
    code = (
        "import sys; from fade.training.data import DatasetConfig as C; C().check(); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"name": "imagenet"}, r"dataset\.name is 'imagenet'; choose one of mnist1d, digits"),
        ({"name": "npz"}, r"dataset\.root is null.*\.npz"),
        ({"name": "image_folder"}, r"dataset\.root is null.*train/<class>"),
        ({"train_samples": 0}, r"dataset\.train_samples is 0"),
        ({"name": "digits", "image_size": -2}, r"dataset\.image_size is -2"),
        ({"image_size": 20}, r"dataset\.image_size is 20, but mnist1d holds signals"),
        ({"alpha_fraction": 0.0}, r"dataset\.alpha_fraction is 0\.0"),
        ({"validation_fraction": 1.5}, r"dataset\.validation_fraction is 1\.5"),
        ({"alpha_fraction": 0.5, "validation_fraction": 0.5}, r"dataset\.alpha_fraction \+ .* is 1, which leaves no"),
        ({"augment": "crop_flip"}, r"dataset\.augment is 'crop_flip', but mnist1d holds signals; choose .*shift"),
        ({"name": "digits", "augment": "shift"}, r"dataset\.augment is 'shift', but digits holds images"),
        ({"name": "npz", "root": "x", "augment": "mixup"}, r"dataset\.augment is 'mixup'; choose"),
        ({"placement": "disk"}, r"dataset\.placement is 'disk'; choose one of auto, device, loader"),
    ],
)
def test_a_wrong_configuration_is_refused_with_key_and_remedy(keys, message):
    with pytest.raises(ValueError, match=message):
        DatasetConfig(**keys)


def test_mnist1d_is_the_published_one():
    from mnist1d.data import get_dataset_args, make_dataset

    data = build()
    assert data.shape == (1, 40)
    assert data.sizes == {"weights": 2400, "alpha": 800, "validation": 800, "test": 1000}
    published = make_dataset(get_dataset_args())["x_test"]
    ours = torch.cat([x for x, _ in data.batches("test", batch_size=64, seed=0)]) * data.std + data.mean
    assert np.allclose(np.sort(ours.flatten()), np.sort(published, axis=None), atol=1e-5)


def test_mnist1d_grows_on_demand_and_leaves_the_generators_alone():
    # The data's own generator seeds numpy's global one.
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert sum(build(train_samples=4200, test_samples=1100).sizes.values()) == 5300
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_images_arrive_as_they_are(tmp_path):
    root = image_folder(tmp_path)
    expected = np.stack([np.asarray(Image.open(path)).transpose(2, 0, 1) for path in root.rglob("*.png")])
    got = everything(build(name="image_folder", root=str(root)))
    assert sorted(map(bytes, expected)) == sorted(map(bytes, got.numpy().astype(np.uint8)))


@pytest.mark.parametrize("image_size", [None, 6])
def test_a_folder_is_read_once_and_again_when_it_changes(tmp_path, monkeypatch, image_size):
    monkeypatch.setenv("FADE_CACHE", str(tmp_path / "cache"))
    root = image_folder(tmp_path / "images")
    keys = {"name": "image_folder", "root": str(root), "image_size": image_size}
    first = build(**keys).fingerprint
    image = root / "train" / "cat" / "000.png"
    times = image.stat().st_atime_ns, image.stat().st_mtime_ns
    image.write_bytes(image.read_bytes()[:-1] + b"?")  # unreadable, but size and time say that nothing changed
    os.utime(image, ns=times)
    assert build(**keys).fingerprint == first
    Image.new("RGB", (10, 12)).save(image)
    assert build(**keys).fingerprint != first
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_damaged_cache_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("FADE_CACHE", str(tmp_path / "cache"))
    keys = {"name": "image_folder", "root": str(image_folder(tmp_path / "images"))}
    first = build(**keys).fingerprint
    (path,) = (tmp_path / "cache").iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1  # a pixel
    for damage in (b"", b"nonsense", whole[: len(whole) // 2], bytes(flipped)):
        path.write_bytes(damage)
        assert build(**keys).fingerprint == first
        assert path.read_bytes() != damage


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("FADE_CACHE", str(tmp_path / "file" / "below"))
    with pytest.warns(UserWarning, match="FADE_CACHE"):
        build(name="image_folder", root=str(image_folder(tmp_path / "images")))


def test_one_image_with_colours_makes_all_rgb(tmp_path):
    root = image_folder(tmp_path, mode="L")
    assert build(name="image_folder", root=str(root)).shape == (1, 12, 10)
    Image.new("RGBA", (10, 12), (255, 0, 0, 128)).save(root / "test" / "owl" / "red.webp", lossless=True)
    assert build(name="image_folder", root=str(root)).shape == (3, 12, 10)


def test_sixteen_bits_and_palettes_and_wrong_extensions_are_read(tmp_path):
    root = image_folder(tmp_path, mode="L", size=(4, 4))
    ramp = (np.arange(16, dtype=np.uint16) * 4096).reshape(4, 4)
    wanted = torch.from_numpy((ramp >> 8).astype(np.float32))
    for suffix in ("png", "pgm", "tif"):
        deep = root / "train" / "cat" / f"deep.{suffix}"
        Image.fromarray(ramp).save(deep)
        assert (everything(build(name="image_folder", root=str(root))) == wanted).flatten(1).all(1).any(), suffix
        deep.unlink()
    Image.new("P", (4, 4)).save(root / "train" / "cat" / "palette.gif")
    (root / "train" / "cat" / "palette.gif").rename(root / "train" / "cat" / "palette.jpg")
    assert build(name="image_folder", root=str(root)).shape == (3, 4, 4)


@pytest.mark.parametrize("bits", [6, 8, 12, 14])
def test_sixteen_bits_that_are_not_filled_keep_what_they_hold(tmp_path, bits):
    root = image_folder(tmp_path, mode="L", size=(4, 4))
    for number, file in enumerate(sorted(root.glob("*/*/*.png"))):
        values = np.full((4, 4), number % 50 << max(bits - 8, 0), np.uint16)
        values[0, 0] = (1 << bits) - 1
        Image.fromarray(values).save(file)
    whole = everything(build(name="image_folder", root=str(root)))
    assert set(whole.unique().int().tolist()) == {*range(50), min((1 << bits) - 1, 255)}


def test_images_in_folders_of_a_class_are_its_own(tmp_path):
    root = image_folder(tmp_path)
    before = build(name="image_folder", root=str(root))
    deeper = root / "train" / "cat" / "more" / "2024"
    deeper.mkdir(parents=True)
    for number, file in enumerate(sorted((root / "train" / "cat").glob("*.png"))):
        (root / "train" / "cat" / ".hidden").mkdir(exist_ok=True)
        file.rename((deeper if number % 2 else root / "train" / "cat" / "more") / file.name)
    (root / "train" / "cat" / ".hidden" / "x.png").write_text("no image")
    after = build(name="image_folder", root=str(root))
    assert after.sizes == before.sizes
    assert torch.equal(everything(after).sum(), everything(before).sum())


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    root = image_folder(tmp_path)
    (root / "train" / "dog" / "zz.png").symlink_to("/nowhere/x.png")
    with pytest.raises(ValueError, match=r"dataset\.root: .*zz\.png cannot be read \(No such file.*remove it"):
        build(name="image_folder", root=str(root))


def test_labels_of_bytes_are_told_as_text(tmp_path):
    path = npz(tmp_path / "a.npz", random_images(60, 9, 9, 3), [b"owl", b"cat"], 20)
    assert build(name="npz", root=str(path)).class_names == ("cat", "owl")


@pytest.mark.parametrize(("offset", "spread"), [(0.0, 1.0), (1e6, 0.5), (1e7, 2.0), (1e8, 32.0)])
def test_statistics_of_numbers_far_from_zero(tmp_path, offset, spread):
    x = (offset + spread * np.random.default_rng(0).normal(size=(2200, 2, 16))).astype(np.float32)
    y = np.arange(len(x)) % 3
    np.savez(tmp_path / "c.npz", x_train=x[:2000], y_train=y[:2000], x_test=x[2000:], y_test=y[2000:])
    data = build(name="npz", root=str(tmp_path / "c.npz"))
    trained = x[:2000].astype(np.float64)  # three quarters of these
    np.testing.assert_allclose(data.std, trained.std((0, 2)), rtol=0.02)
    np.testing.assert_allclose(data.mean, trained.mean((0, 2)), atol=0.05 * spread + 1e-7 * offset)


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_numbers_of_32_bits_are_refused_not_clipped(tmp_path, kind):
    root = image_folder(tmp_path)
    Image.fromarray(np.full((12, 10), 60000, dtype=kind)).save(root / "train" / "dog" / "wide.tif")
    with pytest.raises(ValueError, match=r"wide\.tif.*32 bits.*8 or 16"):
        build(name="image_folder", root=str(root))


@pytest.mark.parametrize("value", [0.1, 0.3, 1000.1])
def test_a_constant_channel_is_left_at_its_scale(tmp_path, value):
    x = np.random.default_rng(0).normal(size=(90, 2, 16)).astype(np.float32)
    x[:, 1] = value
    y = np.arange(60) % 3
    np.savez(tmp_path / "c.npz", x_train=x[:60], y_train=y, x_test=x[60:], y_test=y[:30])
    assert build(name="npz", root=str(tmp_path / "c.npz")).std[1] == 1


def test_unequal_sizes_need_image_size(tmp_path):
    root = image_folder(tmp_path)
    Image.new("RGB", (40, 20)).save(root / "train" / "dog" / "wide.png")
    with pytest.raises(ValueError, match=r"dataset\.image_size is null.*wide\.png is 40 x 20.*set dataset\.image_size"):
        build(name="image_folder", root=str(root))
    assert build(name="image_folder", root=str(root), image_size=8).shape == (3, 8, 8)


def test_resizing_takes_the_centre_and_averages(tmp_path):
    stripes = np.zeros((30, 16, 32), np.uint8)
    stripes[:, ::2, 8:24] = 200  # the centre square is half 200, half 0; its sides, cut away, are 0
    root = npz(tmp_path / "x.npz", stripes, [0, 1], 10)
    assert (everything(build(name="npz", root=str(root), image_size=4)) - 100).abs().max() < 15


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda root: root.rename(root.parent / "elsewhere"),
            r"dataset\.root=.* is not a folder; give .*train/<class>",
        ),
        (lambda root: (root / "train").rename(root / "training"), r"has no folder train"),
        (
            lambda root: (root / "test" / "owl").rename(root / "test" / "eagle"),
            r"class 'owl' is in train but not in test",
        ),
        (lambda root: (root / "test" / "eagle").mkdir(), r"class 'eagle' is in test but not in train"),
    ],
)
def test_a_folder_that_is_not_as_it_should_be_is_found_by_the_check(tmp_path, spoil, message):
    root = image_folder(tmp_path / "images")
    config = DatasetConfig(name="image_folder", root=str(root))
    config.check()
    spoil(root)
    with pytest.raises(ValueError, match=message):
        config.check()


def test_unreadable_images_and_empty_classes_are_named(tmp_path):
    root = image_folder(tmp_path)
    (root / "train" / "dog" / "notes.txt").write_text("no image, no matter")
    broken = root / "train" / "dog" / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff broken")
    with pytest.raises(ValueError, match=r"broken\.jpg cannot be read as an image .*; repair or remove it"):
        build(name="image_folder", root=str(root))
    broken.unlink()
    for path in (root / "train" / "owl").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"train/owl holds no image"):
        build(name="image_folder", root=str(root))


def test_too_few_images_for_the_splits(tmp_path):
    with pytest.raises(ValueError, match=r"has 2 training examples, too few for one in .*dataset\.alpha_fraction=0\.2"):
        build(name="image_folder", root=str(image_folder(tmp_path, per_class=(2, 1))))


@pytest.mark.parametrize(
    ("x", "shape"),
    [
        (np.zeros((40, 6)), (1, 6)),
        (np.zeros((40, 6), np.uint8), (1, 6)),
        (np.zeros((40, 2, 6)), (2, 6)),
        (np.zeros((40, 5, 6), np.uint8), (1, 5, 6)),
        (np.zeros((40, 5, 6, 3), np.uint8), (3, 5, 6)),
        (np.zeros((40, 3, 5, 6), np.float32), (3, 5, 6)),
        (np.zeros((40, 9, 5, 6), np.int32), (9, 5, 6)),
    ],
)
def test_the_axes_of_arrays_are_understood(tmp_path, x, shape):
    assert build(name="npz", root=str(npz(tmp_path / "x.npz", x, ["b", "a"], 10))).shape == shape


def test_arrays_that_cannot_be_understood_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    good = {
        "x_train": np.ones((30, 6)),
        "y_train": np.arange(30) % 2,
        "x_test": np.ones((8, 6)),
        "y_test": np.arange(8) % 2,
    }
    for change, message in (
        ({"x_test": np.ones((8, 7))}, r"\[6\] in x_train.*\[7\] in x_test"),
        ({"y_train": np.arange(29)}, r"y_train is int64 \[29\]; give an integer or string for each of 30"),
        ({"y_test": np.full(8, 0.5)}, r"y_test is float64"),
        ({"y_test": np.zeros(8, int)}, r"class '1' is in train but not in test"),
        ({"x_train": np.full((30, 6), np.nan)}, r"x_train holds numbers that are not finite"),
        ({"x_train": np.array([{}] * 30)}, r"cannot be read .*allow_pickle"),
    ):
        np.savez(path, **{**good, **change})
        with pytest.raises(ValueError, match=message):
            build(name="npz", root=str(path))
    for content, message in ((b"nonsense", r"cannot be read"), (None, r"is not a file; give the path of a \.npz")):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            DatasetConfig(name="npz", root=str(path)).check()
        path.touch()
    np.savez(path, x_train=good["x_train"])
    with pytest.raises(ValueError, match=r"lacks x_test, y_test, y_train"):
        DatasetConfig(name="npz", root=str(path)).check()


def test_augmentation_for_another_kind_is_refused_once_the_data_tell(tmp_path):
    path = npz(tmp_path / "x.npz", np.zeros((40, 6)), [0, 1], 10)
    with pytest.raises(ValueError, match=r"dataset\.augment is 'flip', but npz holds signals"):
        build(name="npz", root=str(path), augment="flip")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "cifar100", "svhn"])
def test_files_that_are_missing_may_be_downloaded(tmp_path, name):
    with pytest.raises(ValueError, match=rf"dataset\.root={tmp_path} .*{name}.*dataset\.download=true"):
        DatasetConfig(name=name, root=str(tmp_path)).check()
    DatasetConfig(name=name, root=str(tmp_path), download=True).check()


@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
@pytest.mark.parametrize("error", [URLError("no network"), RuntimeError("no mirror"), TimeoutError("timed out")])
def test_a_download_without_network_is_one_sentence(tmp_path, monkeypatch, name, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(ValueError, match=rf"dataset\.root={tmp_path} .*check the network") as caught:
        build(name=name, root=str(tmp_path), download=True)
    assert "\n" not in str(caught.value)
    assert socket.getdefaulttimeout() is None


def test_damaged_downloads_are_found(tmp_path, monkeypatch):
    root = fake_cifar10(tmp_path / "cifar", monkeypatch)
    (root / "cifar-10-batches-py" / "data_batch_3").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no complete cifar10 .*dataset\.download=true"):
        build(name="cifar10", root=str(root))
    root = fake_mnist(tmp_path / "mnist")
    (root / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0")
    with pytest.raises(ValueError, match=r"no complete mnist"):
        build(name="mnist", root=str(root))


def test_splits_and_batch_sizes_are_checked():
    data = build(name="digits")
    for splits in ((), ("weights", "weights"), ("train",)):
        with pytest.raises(ValueError, match="name some of weights, alpha, validation, test"):
            data.batches(*splits, batch_size=4, seed=0)
    for size, drop_last in ((0, False), (10_000, True)):
        with pytest.raises(ValueError, match=rf"trainer\.batch_size or trainer\.region_batch_size\) is {size}"):
            data.batches("weights", batch_size=size, seed=0, drop_last=drop_last)


def test_an_option_stands_for_every_source():
    from fade.training.data.sources import SOURCES

    files = Path(__file__).parents[3].joinpath("conf", "dataset").glob("*.yaml")
    assert {path.stem for path in files} == set(SOURCES)


def test_real_images():
    root = os.environ.get("FADE_CIFAR10_IMAGES")
    if root is None:
        pytest.skip("FADE_CIFAR10_IMAGES does not name a folder of CIFAR-10 images (train/<class>, test/<class>)")
    data = build(name="image_folder", root=root, image_size=16, augment="crop_flip")
    assert data.sizes == {"weights": 30_000, "alpha": 10_000, "validation": 10_000, "test": 10_000}
    assert data.shape == (3, 16, 16)
