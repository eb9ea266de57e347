"""Finished results, addressed by what was asked for."""

import hashlib
import json
import os
import re
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BINARY = b"fade attachment, sha256 "


@dataclass(frozen=True)
class Entry:
    """One stored result: what was asked, what came out, and what made it (versions, device)."""

    key: str
    request: dict[str, Any]
    result: dict[str, Any]
    provenance: dict[str, Any]


class Store:
    """A folder of results that any number of processes share.

    A result is one small file, ``ab/abcdef....json``, written beside its place and renamed into it, so a kill at any
    instant leaves the whole result or none. Where two processes put the same key, the last one stays. A damaged file
    (cut short, altered) is moved aside to ``....damaged``, named in a warning, and counts as absent.

    Args:
        folder: Made when the first result is put.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).expanduser()

    @staticmethod
    def key(request: Mapping[str, Any]) -> str:
        """Return the address of a request: SHA-256 of its canonical JSON (sorted keys, exact floats).

        Raises:
            ValueError: For NaN or infinity in the request.
        """
        return hashlib.sha256(_dump("request", request).encode()).hexdigest()

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the result under a key, every float as it was put, or None."""
        entry = self.entry(key)
        return None if entry is None else entry.result

    def entry(self, key: str) -> Entry | None:
        """Return all that is stored under a key, or None."""
        path = self._path(key, ".json")
        raw = _read(path)
        if raw is None:
            return None
        try:
            content = json.loads(raw)
            entry = Entry(content["key"], content["request"], content["result"], content["provenance"])
            intact = entry.key == key and content["checksum"] == _checksum(entry)
        except (ValueError, KeyError, TypeError):
            intact = False
        if intact:
            return entry
        _move_aside(path)
        return None

    def put(
        self,
        key: str,
        request: Mapping[str, Any],
        result: Mapping[str, Any],
        provenance: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Store a result.

        Args:
            key: `key` of the request.
            request: Everything that the result is a function of.
            result: JSON; arrays are stored as lists.
            provenance: What made it: versions, device.

        Returns:
            The result as `get` returns it from now on. Going on with this one makes a first run and a replay the same.

        Raises:
            ValueError: For NaN or infinity; nothing is written.
        """
        plain = [
            json.loads(_dump(n, v))
            for n, v in (("request", request), ("result", result), ("provenance", provenance or {}))
        ]
        entry = Entry(key, *plain)
        content = {**vars(entry), "checksum": _checksum(entry)}
        write_whole(self._path(key, ".json"), json.dumps(content, allow_nan=False).encode() + b"\n")
        return entry.result

    def get_bytes(self, key: str) -> bytes | None:
        """Return the attachment under a key, or None."""
        path = self._path(key, ".bin")
        raw = _read(path)
        if raw is None:
            return None
        head, _, content = raw.partition(b"\n")
        if head == _BINARY + hashlib.sha256(content).hexdigest().encode():
            return content
        _move_aside(path)
        return None

    def put_bytes(self, key: str, content: bytes) -> None:
        """Store an attachment, such as a trained network, with its checksum.

        Put it before the result: then a result that is there has its attachment.
        """
        head = _BINARY + hashlib.sha256(content).hexdigest().encode()
        write_whole(self._path(key, ".bin"), head + b"\n" + content)

    def entries(self) -> Iterator[Entry]:
        """Go through all intact results, by rising key."""
        for path in sorted(self.folder.glob("??/*.json")):
            if _is_key(path.stem) and (entry := self.entry(path.stem)) is not None:
                yield entry

    def _path(self, key: str, suffix: str) -> Path:
        if not _is_key(key):
            raise ValueError(f"The store's key is {key!r}; make it by Store.key(request).")
        return self.folder / key[:2] / f"{key}{suffix}"


def _is_key(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def _dump(name: str, value: Mapping[str, Any]) -> str:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
    except ValueError as error:
        raise ValueError(f"The store's {name} holds NaN or infinity; say null where there is no number.") from error


def _plain(value: Any) -> Any:
    """Turn arrays and mappings of other libraries into lists and dicts."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"The store holds JSON and arrays, not {type(value).__name__}.")


def _checksum(entry: Entry) -> str:
    return hashlib.sha256(_dump("entry", vars(entry)).encode()).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _move_aside(path: Path) -> None:
    aside = path.with_name(path.name + ".damaged")
    with suppress(FileNotFoundError):  # another process was faster
        path.replace(aside)
    warnings.warn(f"{path} is damaged; it is moved to {aside.name} and computed again.", RuntimeWarning, stacklevel=4)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file as `whole` does."""
    with whole(path) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Let a file be written beside its place, and rename it: a kill leaves all of it or nothing, and writers never mix.

    Yields:
        Where to write it.

    Raises:
        OSError: Naming the path, as where the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise OSError(error.errno or 0, error.strerror or str(error), str(path)) from error
    finally:
        beside.unlink(missing_ok=True)
    with suppress(OSError):  # not every file system lets a folder be opened or synchronised
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
