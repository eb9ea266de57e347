"""The code of a user's part: what is stored of a training that has one depends on it."""

from __future__ import annotations

import hashlib
import inspect
import types
from typing import Any


def source_fingerprint(written: Any) -> str:
    """A hash of the whole file that a function or class is in."""
    return hashlib.sha256(source_text(written).encode()).hexdigest()[:16]


def source_text(written: Any) -> str:
    """The whole file that a function, class or frame is in; of what was typed at a prompt its compiled form."""
    try:
        return "".join(inspect.findsource(written)[0])
    except (OSError, TypeError):
        code = getattr(written, "f_code", getattr(written, "__code__", None))
        return _compiled(code) if code is not None else str(getattr(written, "__qualname__", written))


def _compiled(code: types.CodeType) -> str:
    """Instructions, names and constants; the usual text of nested code has an address, which each process changes."""
    constants = [_compiled(each) if isinstance(each, types.CodeType) else repr(each) for each in code.co_consts]
    return repr((code.co_code, code.co_names, constants))
