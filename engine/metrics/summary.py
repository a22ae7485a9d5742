"""Nine figures of returns in one pass: what a search over thousands of runs asks of each.

The same numbers as the catalogue's, without frames: a call on a year of days takes microseconds.
Sums are plain within a block of bars and compensated from block to block, so a million bars lose no
digit that a thousand had.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats
from engine.metrics.convention import Convention
from engine.metrics.kernels import BLOCK, FLAT, NEAR, add, line, log_growth, near_log, settle
from engine.metrics.returns import checked

entry = entry_of(Path(__file__).parent)


class Summary(NamedTuple):
    """Nine metrics by the names and rules of the catalogue; what is undefined is NaN."""

    total_return: float
    cagr: float
    volatility: float
    sharpe: float
    sortino: float
    calmar: float
    omega: float
    stability: float
    max_drawdown: float


UNDEFINED: Final = (math.nan,) * 9


DAYS: Final = Convention()


def summarize(returns: Floats, convention: Convention = DAYS) -> Summary:
    """The nine metrics of returns per bar; a missing return is NaN.

    ``returns`` is an array of float64, or what numpy makes one of. Raises MetricsError where a
    return is infinite.
    """
    if type(returns) is not np.ndarray or returns.dtype != np.float64 or returns.ndim != 1:
        returns = checked(returns)
    whole, summary = nine(returns, convention.year, convention.risk_free, convention.target)
    if not whole:
        checked(returns)
    return summary


@rule
def quotient(above: float, below: float) -> float:
    """Infinite, with a sign, where there is nothing to divide by; NaN where there is nothing."""
    if below != 0:
        return above / below
    return math.copysign(math.inf, above) if above != 0 and above == above else math.nan


@entry
def nine(returns: Floats, year: float, free: float, target: float) -> tuple[bool, Summary]:
    """False where a return is infinite; and the figures."""
    n = 0
    growth = top = trough = 1.0
    depth, best, worst = 0.0, -math.inf, math.inf
    total = total_off = square = square_off = 0.0
    above = above_off = below = below_off = under = under_off = 0.0
    level = level_off = y1 = y1_off = y2 = y2_off = ty = ty_off = 0.0
    for start in range(0, len(returns), BLOCK):
        sum_r = sum_rr = sum_up = sum_down = sum_dd = gained = sum_y = sum_yy = sum_ty = 0.0
        for t in range(start, min(start + BLOCK, len(returns))):
            r = returns[t]
            if r != r:
                continue
            growth *= 1.0 + r
            if growth >= top:
                depth = min(depth, (trough - top) / top)
                top = trough = growth
            trough = growth if growth < trough else trough
            best = r if r > best else best
            worst = r if r < worst else worst
            sum_r += r
            sum_rr += r * r
            x = r - target
            down = x if x < 0.0 else 0.0
            sum_up += x - down
            sum_down += down
            sum_dd += down * down
            gained += near_log(r) if abs(r) < NEAR else log_growth(r)
            y = level + (level_off + gained)
            sum_y += y
            sum_yy += y * y
            sum_ty += n * y
            n += 1
        total, total_off = add(total, total_off, sum_r)
        square, square_off = add(square, square_off, sum_rr)
        above, above_off = add(above, above_off, sum_up)
        below, below_off = add(below, below_off, sum_down)
        under, under_off = add(under, under_off, sum_dd)
        level, level_off = add(level, level_off, gained)
        y1, y1_off = add(y1, y1_off, sum_y)
        y2, y2_off = add(y2, y2_off, sum_yy)
        ty, ty_off = add(ty, ty_off, sum_ty)
    nothing = math.nan
    if n == 0:
        return True, Summary(*UNDEFINED)
    depth = min(depth, (trough - top) / top)
    mean = settle(total, total_off) / n
    spread = settle(square, square_off) - n * mean * mean
    if mean * mean * n > FLAT * spread:
        spread = around(returns, mean)
    deviation = math.nan
    if n > 1:
        deviation = 0.0 if best == worst else math.sqrt(spread / (n - 1))
    root = math.sqrt(year)
    risk = math.sqrt(settle(under, under_off) / n) * root
    annual = growth ** (year / len(returns)) - 1.0 if growth >= 0 else nothing
    calmar = quotient(annual, abs(depth))
    loss = -settle(below, below_off)
    return math.isfinite(total), Summary(
        growth - 1.0,
        annual,
        deviation * root,
        quotient(mean - free, deviation) * root,
        quotient((mean - target) * year, risk) if n > 1 else nothing,
        nothing if math.isinf(calmar) else calmar,
        settle(above, above_off) / loss if n > 1 and loss != 0 else nothing,
        line(returns, n, settle(y1, y1_off), settle(y2, y2_off), settle(ty, ty_off)),
        depth,
    )


@rule
def around(returns: Floats, mean: float) -> float:
    """Squared distances from the mean, added up on their own."""
    total = lost = 0.0
    for t in range(len(returns)):
        d = returns[t] - mean
        if d == d:
            total, lost = add(total, lost, d * d)
    return settle(total, lost)
