"""Loops of the strategies that ship: what they hold depends on what they held.

Arrays are float32 of one symbol, in time; NaN is missing, and a bar that lacks something changes
nothing.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import entry_of

Floats32 = NDArray[np.float32]
entry = entry_of(Path(__file__).parent)


@entry
def trail_loop(close: Floats32, begins: Floats32, share: float, out: Floats32) -> None:
    """1 from where ``begins`` is above 0 until a close is ``share`` below the highest since."""
    held, top = 0.0, 0.0
    for t in range(len(close)):
        if held > 0.0 and close[t] > top:
            top = close[t]
        if held > 0.0 and close[t] <= top * (1.0 - share):
            held = 0.0
        elif held == 0.0 and begins[t] > 0.0:
            held, top = 1.0, close[t]
        out[t] = held


@entry
def hold_loop(side: Floats32, out: Floats32) -> None:
    """The last side that was not 0: in between nothing is changed."""
    held = 0.0
    for t in range(len(side)):
        if not math.isnan(side[t]) and side[t] != 0.0:
            held = side[t]
        out[t] = held


@entry
def regime_loop(ratio: Floats32, enter: float, leave: float, out: Floats32) -> None:
    """1 from where the ratio is above ``enter`` until it is below ``leave``, else 0."""
    storm = 0.0
    for t in range(len(ratio)):
        if ratio[t] > enter:
            storm = 1.0
        elif ratio[t] < leave:
            storm = 0.0
        out[t] = storm
