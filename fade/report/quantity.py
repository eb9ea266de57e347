"""Numbers as a reader wants them: few digits, the unit beside them, a dash for what is absent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

DASH = "–"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_ILLIONS = ((12, "trillion"), (9, "billion"), (6, "million"))
_PREFIXES = ((18, "E"), (15, "P"), (12, "T"), (9, "G"), (6, "M"), (3, "k"))


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.8731 -> '87.3 %' (no-break space)."""
    return DASH if fraction is None else _signed(f"{100 * fraction:z.{digits}f}\u00a0%")


def points(fraction: float) -> str:
    """A difference of two fractions in percentage points: 0.0042 -> '0.4 points'."""
    return _signed(f"{100 * fraction:z.1f}\u00a0points")


def decimal(number: float | None, digits: int = 2) -> str:
    """0.7149 -> '0.71', with a true minus sign."""
    if number is None:
        return DASH
    return _signed(f"{number:z.{digits}f}") if abs(number) < 1e4 else power(number)


def interval(estimate: Mapping[str, Any] | None, digits: int = 2) -> str:
    """{'low': 0.5, 'high': 0.8} -> '[0.50, 0.80]'; empty where a bound is missing."""
    low, high = (estimate or {}).get("low"), (estimate or {}).get("high")
    return "" if low is None or high is None else f"[{decimal(low, digits)}, {decimal(high, digits)}]"


def grouped(number: int) -> str:
    """1234567 -> '1 234 567' (narrow no-break spaces)."""
    return f"{number:,}".replace(",", "\u202f")


def count(number: int) -> str:
    """A count in full up to 999 999, then in words (2.14 million), then as a power of ten."""
    if number < 10**6:
        return grouped(number)
    shown = Decimal(f"{Decimal(number):.3g}")  # as rounded: 999.9 million are 1 billion
    if shown >= 10**15:
        return power(number)
    return next(f"{number / 10**e:.3g}\u00a0{word}" for e, word in _ILLIONS if shown >= 10**e)


def power(number: float) -> str:
    """2.1e17 -> '2.1 × 10¹⁷'. Integers of any size are fine, too."""
    lead, exponent = f"{Decimal(number):.1e}".split("e")
    return f"{_signed(f'{float(lead):.2g}')}\u00a0×\u00a010{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def scaled(number: float | None, unit: str = "") -> str:
    """1.23e12, 'FLOPs' -> '1.23 TFLOPs'."""
    if number is None:
        return DASH
    shown = abs(float(f"{number:.3g}"))  # as rounded: 999.7e9 is 1 T
    exponent, prefix = next(((e, p) for e, p in _PREFIXES if shown >= 10**e), (0, ""))
    return f"{number / 10**exponent:.3g}\u00a0{prefix}{unit}".rstrip()


def mebibytes(size: int | None) -> str:
    """5242880 -> '5.0 MiB'."""
    if size is None:
        return DASH
    shown = size / 2**20
    return f"{shown:.1f}\u00a0MiB" if shown < 10 else f"{grouped(round(shown))}\u00a0MiB"


def duration(seconds: float | None) -> str:
    """3725.0 -> '1 h 2 min'."""
    if seconds is None:
        return DASH
    if seconds < 60:
        return f"{seconds:.1f}\u00a0s" if seconds < 10 else f"{seconds:.0f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}\u00a0min\u00a0{rest}\u00a0s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}\u00a0h\u00a0{minutes}\u00a0min" if hours < 48 else f"{hours / 24:.1f}\u00a0days"


def plural(number: int, noun: str) -> str:
    """1, 'path' -> '1 path'; 3, 'path' -> '3 paths'."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def _signed(text: str) -> str:
    return text.replace("-", "−")
