"""The crossing of two means: what every side of that race is asked for, and how it tells it.

Sides run in their own environments, so this needs the standard library and numpy only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FAST, SLOW = 20, 100
# The fast mean counts as above from this share on: libraries round their means in other ways, and
# where both are the same number rounding would decide.
CLEAR = 1.0 + 1e-9
CASH = 1e12
# One closed round trip: the bars of its fills and what it returned.
TRIP = np.dtype([("entry", "<i8"), ("exit", "<i8"), ("return", "<f8")])


def trips_of(entry: Any, leave: Any, returns: Any, growth: float) -> NDArray[Any]:
    """All round trips, and in a last row what became of one unit of money."""
    rows = np.empty(len(entry) + 1, dtype=TRIP)
    rows["entry"][:-1], rows["exit"][:-1], rows["return"][:-1] = entry, leave, returns
    rows[-1] = (-1, -1, growth)
    return rows
