"""Two numbers are the same when their bits are; anything weaker has a name and a reason.

Two exceptions are made to the bits, because neither is money: a NaN equals every other NaN
(platforms write different payloads for "nothing"), and 0.0 equals -0.0 (whether a flat account
holds plus or minus nothing depends on the order of a subtraction, and no price, sum or comparison
can tell them apart). A null is not a number: it equals only another null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two numbers may lie apart, and why that is no divergence.

    A difference is tolerated if it is within ``absolute + relative * larger magnitude``, or within
    ``ulps`` representable numbers.
    """

    name: str
    reason: str
    relative: float = 0.0
    absolute: float = 0.0
    ulps: int = 0

    def __post_init__(self) -> None:
        if not (self.name.strip() and self.reason.strip()):
            raise OptionError("a tolerance needs a name and a reason; without one, stay exact")
        if not all(0 <= size < np.inf for size in (self.relative, self.absolute, self.ulps)):
            raise OptionError(f"tolerance {self.name!r}: sizes are finite and not negative")


EXACT: Final = Tolerance("exact", "platforms are deterministic: the same rule gives the same bits")
ROUNDING: Final = Tolerance(
    "rounding", "the same sum taken in another order differs in its last digits", relative=1e-9
)


def same(left: Floats, right: Floats, tolerance: Tolerance = EXACT) -> Flags:
    """Whether two numbers are the same, element by element."""
    agree: Flags = (left == right) | (np.isnan(left) & np.isnan(right))
    if not (tolerance.relative or tolerance.absolute or tolerance.ulps):
        return agree
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(left - right)
        larger = np.maximum(np.abs(left), np.abs(right))
        near = apart <= tolerance.absolute + tolerance.relative * larger
    finite: Flags = np.isfinite(left) & np.isfinite(right)
    return agree | (finite & (near | (ulps(left, right) <= np.uint64(tolerance.ulps))))


def ulps(left: Floats, right: Floats) -> Counts:
    """How many steps between neighbouring floats lead from one number to the other.

    A NaN is at distance 0 from a NaN and at the largest distance there is from any number.
    """
    first, second = _ranks(left), _ranks(right)
    high, low = np.maximum(first, second), np.minimum(first, second)
    # The distance may exceed 63 bits; unsigned arithmetic wraps to the right answer.
    steps = high.astype(np.uint64) - low.astype(np.uint64)
    blank, other = np.isnan(left), np.isnan(right)
    steps[blank != other] = np.iinfo(np.uint64).max
    steps[blank & other] = 0
    return steps


def _ranks(numbers: Floats) -> Ints:
    """Floats as integers that rise with them; both zeros have rank 0."""
    bits = np.ascontiguousarray(numbers, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, -(bits & np.iinfo(np.int64).max), bits)
