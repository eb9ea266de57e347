"""Images in folders: how they are read, kept in the cache, and what is said of those that cannot be."""

import os

import numpy as np
import pytest
import torch
from PIL import Image

from fade.data import DatasetConfig
from tests.data.small_datasets import build, everything, image_folder


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
    cats = root / "train" / "cat"
    for name in ("more/2024", ".hidden"):
        (cats / name).mkdir(parents=True)
    for number, file in enumerate(sorted(cats.glob("*.png"))):
        file.rename(cats / ("more/2024" if number % 2 else "more") / file.name)
    (cats / ".hidden" / "x.png").write_text("no image")
    after = build(name="image_folder", root=str(root))
    assert after.sizes == before.sizes
    first, second = (sorted(bytes(image) for image in everything(data).numpy()) for data in (before, after))
    assert first == second


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_numbers_of_32_bits_are_refused_not_clipped(tmp_path, kind):
    root = image_folder(tmp_path)
    Image.fromarray(np.full((12, 10), 60000, dtype=kind)).save(root / "train" / "dog" / "wide.tif")
    with pytest.raises(ValueError, match=r"wide\.tif.*32 bits.*8 or 16"):
        build(name="image_folder", root=str(root))


def test_unequal_sizes_need_image_size(tmp_path):
    root = image_folder(tmp_path)
    Image.new("RGB", (40, 20)).save(root / "train" / "dog" / "wide.png")
    with pytest.raises(ValueError, match=r"dataset\.image_size is null.*wide\.png is 40 x 20.*set dataset\.image_size"):
        build(name="image_folder", root=str(root))
    assert build(name="image_folder", root=str(root), image_size=8).shape == (3, 8, 8)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda root: root.rename(root.parent / "another"),
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


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    root = image_folder(tmp_path)
    (root / "train" / "dog" / "zz.png").symlink_to("/nowhere/x.png")
    with pytest.raises(ValueError, match=r"dataset\.root: .*zz\.png cannot be read \(No such file.*remove it"):
        build(name="image_folder", root=str(root))


def test_real_images():
    root = os.environ.get("FADE_CIFAR10_IMAGES")
    if root is None:
        pytest.skip("FADE_CIFAR10_IMAGES does not name a folder of CIFAR-10 images (train/<class>, test/<class>)")
    data = build(name="image_folder", root=root, image_size=16, augment="crop_flip")
    assert data.sizes == {"weights": 30_000, "alpha": 10_000, "validation": 10_000, "test": 10_000}
    assert data.shape == (3, 16, 16)
