"""Arrays that are slow to make, kept on disk between runs."""

import hashlib
import io
import json
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fade.store import write_whole

Arrays = dict[str, np.ndarray[Any, Any]]


def cache_folder() -> Path:
    """Where caches and downloads go: the environment variable FADE_CACHE, else ``~/.cache/fade``."""
    return Path(os.environ.get("FADE_CACHE") or "~/.cache/fade").expanduser()


def cached(kind: str, identity: object, state: object, make: Callable[[], Arrays]) -> Arrays:
    """Return what `make` makes, from the cache where the same was made before.

    One file an identity, so that a folder whose content changes does not fill the disk. A damaged file (the zip
    format checks a sum of each array) or one of another state is made anew; a cache that cannot be written is
    no more than a warning.

    Args:
        kind: First part of the file's name.
        identity: What is kept (JSON).
        state: All that the content depends on (JSON), for example paths, sizes and times.
        make: Makes the arrays.

    Returns:
        Arrays by name.
    """
    path = cache_folder() / f"{kind}-{_digest(identity)[:16]}.npz"
    state_digest = _digest(state)
    try:
        with np.load(path, allow_pickle=False) as stored:
            if stored["state"].item() == state_digest:
                return {name: stored[name] for name in stored.files if name != "state"}
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile):
        pass  # absent or damaged: both are made again
    arrays = make()
    try:
        content = io.BytesIO()
        np.savez(content, **arrays, state=np.array(state_digest))  # type: ignore[arg-type]
        write_whole(path, content.getvalue())
    except OSError as error:
        warnings.warn(f"the cache {path} could not be written ({error}); set FADE_CACHE to a folder", stacklevel=2)
    return arrays


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
