"""What an indicator is in rational arithmetic: who is right where two floats differ."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from parity.indicators.anchors import Anchor

Floats = NDArray[np.float64]
Window = list[Fraction]


def exact_line(anchor: Anchor, bars: dict[str, Floats]) -> Floats:
    """The values of an anchor on one case, each rounded once at the end; NaN before the first."""
    rule, length = EXACT[anchor.indicator], int(anchor.args["length"])
    columns = [bars[name] for name in anchor.inputs]
    if anchor.indicator == "cci":
        columns = [(bars["high"] + bars["low"] + bars["close"]) / 3.0]
    found = np.full(len(columns[0]), math.nan)
    for t in range(length - 1, len(found)):
        windows = [column[t - length + 1 : t + 1] for column in columns]
        if not any(np.isnan(window).any() for window in windows):
            found[t] = rule(*([Fraction(float(x)) for x in window] for window in windows))
    return found


def _moment(x: Window, y: Window) -> Fraction:
    mx, my = sum(x) / Fraction(len(x)), sum(y) / Fraction(len(y))
    return sum(((a - mx) * (b - my) for a, b in zip(x, y, strict=True)), Fraction(0))


def _correlation(x: Window, y: Window) -> float:
    both, under = _moment(x, y), _moment(x, x) * _moment(y, y)
    if under == 0:
        return math.nan
    return math.copysign(math.sqrt(both * both / under), both)


def _slope(y: Window) -> float:
    places = [Fraction(k) for k in range(len(y))]
    return float(_moment(places, y) / _moment(places, places))


def _deviation(x: Window) -> float:
    mean = sum(x) / Fraction(len(x))
    apart = sum((abs(a - mean) for a in x), Fraction(0)) / len(x)
    return float((x[-1] - mean) / (Fraction(15, 1000) * apart)) if apart else 0.0


EXACT: Final[dict[str, Callable[..., Any]]] = {
    "correlation": _correlation,
    "regression_slope": _slope,
    "cci": _deviation,
}
