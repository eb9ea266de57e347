"""The store keeps whole results or none, exactly, for any number of processes."""

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fade.store import Store

REQUEST = {"region": [["2/0-1:conv3", "2"]], "seed": 0, "lr": 0.05}
RESULT = {"stage_scores": [[0.1 + 0.2, 5e-324]], "seconds": 1.5, "note": "π"}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def put(store, number=0, result=RESULT):
    request = {**REQUEST, "number": number}
    store.put(store.key(request), request, result, {"torch": "2"})
    return store.key(request)


def test_what_is_put_is_got_and_the_rest_is_absent(store):
    assert store.get(store.key(REQUEST)) is None
    assert list(store.entries()) == []
    key = store.key(REQUEST)
    returned = store.put(key, REQUEST, RESULT, {"torch": "2"})
    assert returned == Store(store.folder).get(key) == RESULT
    entry = store.entry(key)
    assert (entry.key, entry.request, entry.result, entry.provenance) == (key, REQUEST, RESULT, {"torch": "2"})
    assert (store.folder / key[:2] / f"{key}.json").is_file()
    assert store.get(store.key({**REQUEST, "seed": 1})) is None


def test_a_key_is_the_request_whatever_its_order():
    key = Store.key({"a": 1, "b": {"c": [1, 2], "d": None}})
    assert key == Store.key({"b": {"d": None, "c": (1, 2)}, "a": 1})
    assert key == Store.key({"b": {"d": None, "c": np.array([1, 2])}, "a": np.int64(1)})
    assert key != Store.key({"a": 1, "b": {"c": [2, 1], "d": None}})
    assert Store.key({"lr": 0.3}) != Store.key({"lr": 0.1 + 0.2})
    assert len(key) == 64


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_survive_to_the_bit(tmp_path_factory, value):
    store = Store(tmp_path_factory.getbasetemp() / "floats")
    key = store.key({"value": value})
    store.put(key, {"value": value}, {"value": value, "array": np.array([value])})
    result = store.get(key)
    assert result["value"].hex() == result["array"][0].hex() == value.hex()


def test_going_on_with_what_put_returns_is_a_replay(store):
    result = {"b": (1, 2), "a": np.float32(0.1), "matrix": np.eye(2)}
    returned = store.put(store.key(REQUEST), REQUEST, result)
    assert (
        returned
        == store.get(store.key(REQUEST))
        == {"a": float(np.float32(0.1)), "b": [1, 2], "matrix": [[1, 0], [0, 1]]}
    )
    assert list(returned) == list(store.get(store.key(REQUEST)))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.array([1.0, np.nan])])
def test_what_is_no_number_is_refused_and_nothing_is_written(store, bad):
    with pytest.raises(ValueError, match="result holds NaN"):
        store.put(store.key(REQUEST), REQUEST, {"loss": bad})
    with pytest.raises(ValueError, match="request holds NaN"):
        store.key({"lr": bad})
    assert not store.folder.exists()


def test_a_key_that_is_none_is_refused(store):
    with pytest.raises(ValueError, match=r"\.\./escape"):
        store.get("../escape")


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"",
        lambda raw: raw.replace(b"0.05", b"0.06"),
        lambda raw: raw.replace(b"1.5", b"NaN"),
        lambda raw: b"[]",
        lambda raw: b"\xff" + raw,
        lambda raw: b"\0" * len(raw),
    ],
    ids=["truncated", "empty", "altered", "nan", "other JSON", "not text", "zeros"],
)
def test_a_damaged_result_is_named_moved_aside_and_computed_again(store, damage):
    key = put(store)
    path = store.folder / key[:2] / f"{key}.json"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(RuntimeWarning, match=key):
        assert store.get(key) is None
    assert not path.exists()
    assert path.with_name(path.name + ".damaged").exists()
    assert list(store.entries()) == []
    put(store)
    assert store.get(key) == RESULT


def test_a_result_under_another_s_name_is_damage(store):
    key, other = put(store, 1), put(store, 2)
    path = store.folder / other[:2] / f"{other}.json"
    path.write_bytes((store.folder / key[:2] / f"{key}.json").read_bytes())
    with pytest.warns(RuntimeWarning, match=other):
        assert store.get(other) is None


def test_attachments_are_exact_and_checked(store):
    key, content = put(store), os.urandom(1000) + b"\n\r\n"
    assert store.get_bytes(key) is None
    store.put_bytes(key, content)
    assert store.get_bytes(key) == content
    store.put_bytes(key, b"")
    assert store.get_bytes(key) == b""
    assert [entry.key for entry in store.entries()] == [key]
    path = store.folder / key[:2] / f"{key}.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.warns(RuntimeWarning, match=r"\.bin is damaged"):
        assert store.get_bytes(key) is None
    assert store.get(key) == RESULT, "the result is not harmed"


def test_what_an_interrupted_write_leaves_is_ignored(store, monkeypatch):
    key = put(store)
    (store.folder / key[:2] / f".{key}.json.0123.tmp").write_text('{"half')
    assert [entry.key for entry in store.entries()] == [key]

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*\.json'"):
        put(store, result={"other": 1})
    assert store.get(key) == RESULT
    assert len(list(store.folder.rglob("*.tmp"))) == 1, "a failed write cleans up; only a kill leaves its file"


def _put_many(folder, writer, count):
    store = Store(folder)
    for number in range(count):
        put(store, number % 5, {"writer": writer, "number": number, "filler": list(range(500))})


def test_two_processes_share_a_folder(store):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_put_many, args=(store.folder, name, 100)) for name in ("one", "two")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            assert all(len(entry.result["filler"]) == 500 for entry in store.entries())
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert len(list(store.entries())) == 5
    assert list(store.folder.rglob("*.tmp")) == []


ENDLESS = """
import itertools, sys
from fade.store import Store
store = Store(sys.argv[1])
for number in itertools.count():
    request = {"number": number}
    store.put_bytes(store.key(request), b"x" * 100_000)
    store.put(store.key(request), request, {"filler": list(range(10_000))})
    print(number, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.011])
def test_a_kill_leaves_whole_results_only(store, delay):
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(store.folder)], stdout=subprocess.PIPE) as writer:
        for _ in range(5):
            finished = int(writer.stdout.readline())
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        entries = list(store.entries())
        assert len(entries) > finished
        assert all(len(store.get_bytes(entry.key)) == 100_000 for entry in entries)


def test_the_file_can_be_read_without_us(store):
    key = put(store)
    content = json.loads((store.folder / key[:2] / f"{key}.json").read_text())
    assert content["result"] == RESULT
    assert content["request"]["lr"] == 0.05
