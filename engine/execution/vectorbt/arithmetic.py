"""vectorbt's tolerant arithmetic, which snaps cash and positions to zero.

Source: the documented tolerances of vectorbt's ``utils.math_`` (relative 1e-9, absolute 1e-12);
they are part of every fill.
"""

from __future__ import annotations

import math

import numpy as np

from engine.execution.kernel import rule

RELATIVE = 1e-9
ABSOLUTE = 1e-12


@rule
def close(a: float, b: float) -> bool:
    """Finite numbers are close within 1e-9 of the larger one, or within 1e-12."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    if a == b:
        return True
    return abs(a - b) <= max(RELATIVE * max(abs(a), abs(b)), ABSOLUTE)


@rule
def less(a: float, b: float) -> bool:
    """Smaller, and not merely by rounding."""
    return a < b and not close(a, b)


@rule
def at_most(a: float, b: float) -> bool:
    """Smaller, or the same but for rounding."""
    return a < b or close(a, b)


@rule
def snap(a: float) -> float:
    """What is close to zero is zero."""
    return 0.0 if close(a, 0.0) else a


@rule
def sign(a: float) -> float:
    """-1, 0 or 1; NaN has no sign."""
    if a > 0:
        return 1.0
    return -1.0 if a < 0 else a


@rule
def add(a: float, b: float) -> float:
    """A sum that is zero when the two cancel but for rounding, or when it is close to zero."""
    if sign(a) != sign(b):
        return 0.0 if close(abs(a), abs(b)) else a + b
    return snap(a + b)


@rule
def whole_lots(size: float, lot: float, rounded: bool) -> float:
    """The largest multiple of ``lot`` not above ``size``; NaN means any size goes.

    The Numba engine floors the exact quotient, as Python's ``//`` does (1.0 in lots of 0.1 is 0.9);
    the Rust engine (``rounded``) floors the quotient after rounding it (1.0).
    """
    if math.isnan(lot):
        return size
    return (np.floor(size / lot) if rounded else exact_floor(size, lot)) * lot


@rule
def exact_floor(a: float, b: float) -> float:
    """Python's ``a // b`` for b > 0, spelled out so that compiled and plain code agree.

    The exact remainder is taken off first; what is left divides almost evenly, so the quotient is
    a whole number but for rounding.
    """
    if not math.isfinite(a):
        return math.nan
    rest = np.fmod(a, b)
    lots = (a - rest) / b
    if rest < 0:
        lots -= 1.0
    if lots == 0:
        return math.copysign(0.0, a)
    whole = np.floor(lots)
    return whole + 1.0 if lots - whole > 0.5 else whole
