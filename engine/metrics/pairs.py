"""Passes over two series of returns, bar by bar where both are observed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from engine.execution.kernel import entry_of
from engine.execution.records import Floats
from engine.metrics.kernels import add, settle

entry = entry_of(Path(__file__).parent)


class Pairs(NamedTuple):
    """Two series bar by bar, where both are observed; sums are of distances from the means."""

    observed: int
    mean: float
    mean_other: float
    square: float
    square_other: float
    product: float
    mean_active: float
    square_active: float
    active_span: float
    growth: float
    growth_other: float
    ups: int
    up_growth: float
    up_growth_other: float
    downs: int
    down_growth: float
    down_growth_other: float
    beaten: int


@entry
def pairs(returns: Floats, others: Floats) -> Pairs:
    """Two passes over two series: means and growth first, then distances from the means."""
    observed = ups = downs = beaten = 0
    total = total_off = other = other_off = 0.0
    growth = growth_other = up = up_other = down = down_other = 1.0
    least, most = math.inf, -math.inf
    for t in range(len(returns)):
        r, b = returns[t], others[t]
        if math.isnan(r) or math.isnan(b):
            continue
        observed += 1
        total, total_off = add(total, total_off, r)
        other, other_off = add(other, other_off, b)
        growth *= 1.0 + r
        growth_other *= 1.0 + b
        least, most = min(least, r - b), max(most, r - b)
        beaten += r > b
        if b > 0:
            ups += 1
            up *= 1.0 + r
            up_other *= 1.0 + b
        elif b < 0:
            downs += 1
            down *= 1.0 + r
            down_other *= 1.0 + b
    mean = settle(total, total_off) / max(observed, 1)
    mean_other = settle(other, other_off) / max(observed, 1)
    square = square_off = square_other = square_other_off = 0.0
    product = product_off = active = active_off = 0.0
    for t in range(len(returns)):
        r, b = returns[t] - mean, others[t] - mean_other
        if math.isnan(r) or math.isnan(b):
            continue
        square, square_off = add(square, square_off, r * r)
        square_other, square_other_off = add(square_other, square_other_off, b * b)
        product, product_off = add(product, product_off, r * b)
        active, active_off = add(active, active_off, (r - b) * (r - b))
    return Pairs(
        observed,
        mean,
        mean_other,
        settle(square, square_off),
        settle(square_other, square_other_off),
        settle(product, product_off),
        mean - mean_other,
        settle(active, active_off),
        most - least if observed else math.nan,
        growth,
        growth_other,
        ups,
        up,
        up_other,
        downs,
        down,
        down_other,
        beaten,
    )
