"""Passes over returns: what adds up, how wealth falls, and what is measured from the mean.

Sums carry what is rounded off, so that a million bars lose no digit that a thousand had: from bar
to bar where little may be left of them, else from block to block. A NaN is a bar nobody saw: it is
counted, and everything else skips it.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, NamedTuple

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats

entry = entry_of(Path(__file__).parent)

BLOCK: Final = 64
# Up to here seven terms of the series give the logarithm to its last digit.
NEAR: Final = 1.0 / 16.0
# A second look is taken where the mean is this much larger than what varies around it.
FLAT: Final = 100.0


class Tally(NamedTuple):
    """What adds up over the observed returns: all, the gains, the losses, and around a target."""

    observed: int
    total: float
    growth: float
    best: float
    worst: float
    gain: float
    gains: int
    loss: float
    losses: int
    win_run: int
    loss_run: int
    above: float
    below: float
    below_square: float


class Falls(NamedTuple):
    """Drawdowns of wealth that starts at 1 before the first bar.

    ``depth`` is the deepest; ``peak``, ``valley`` and ``recovery`` are the bars where it began, was
    deepest and ended: -1 is the start, the number of bars means never. ``number`` drawdowns have
    ``depths`` in sum; ``square`` adds up the squared drawdown of every bar; ``under`` bars closed
    below an earlier peak and ``longest`` is the longest way from a peak back to it, in bars.
    """

    depth: float
    peak: int
    valley: int
    recovery: int
    number: int
    depths: float
    square: float
    under: int
    longest: int


class Spread(NamedTuple):
    """Sums of powers of the distance from the mean, and of products of neighbours."""

    square: float
    cube: float
    fourth: float
    lagged: float
    first: float
    last: float


@rule
def add(total: float, lost: float, value: float) -> tuple[float, float]:
    """The next sum, and what all additions so far rounded off, without asking which was larger.

    Knuth's exact sum of two; a branch on random returns would cost more than its six operations.
    """
    after = total + value
    seen = after - total
    return after, lost + ((total - (after - seen)) + (value - seen))


@rule
def settle(total: float, lost: float) -> float:
    """The sum with what was lost; an infinite sum has lost nothing that could be told."""
    return total + lost if math.isfinite(lost) else total


@rule
def log_growth(r: float) -> float:
    """log(1 + r) with what the addition rounds off; half the time of log1p, and as exact."""
    if not r > -1.0:
        return math.nan
    grown = 1.0 + r
    return math.log(grown) + (r - (grown - 1.0)) / grown


@entry
def tally(returns: Floats, target: float) -> Tally:
    """Sums, counts, extremes and runs of returns per bar."""
    observed = gains = losses = wins = win_run = lost = loss_run = 0
    gain = gain_off = loss = loss_off = 0.0
    above = above_off = below = below_off = square = square_off = 0.0
    growth, best, worst = 1.0, -math.inf, math.inf
    for start in range(0, len(returns), BLOCK):
        over = under = squared = 0.0
        for t in range(start, min(start + BLOCK, len(returns))):
            r = returns[t]
            if math.isnan(r):
                continue
            observed += 1
            growth *= 1.0 + r
            best = r if r > best else best
            worst = r if r < worst else worst
            gains += r > 0
            losses += r < 0
            wins = wins + 1 if r > 0 else 0
            lost = lost + 1 if r < 0 else 0
            win_run = wins if wins > win_run else win_run
            loss_run = lost if lost > loss_run else loss_run
            gain, gain_off = add(gain, gain_off, r if r > 0 else 0.0)
            loss, loss_off = add(loss, loss_off, r if r < 0 else 0.0)
            x = r - target
            short = x if x < 0 else 0.0
            over += x if x > 0 else 0.0
            under += short
            squared += short * short
        above, above_off = add(above, above_off, over)
        below, below_off = add(below, below_off, under)
        square, square_off = add(square, square_off, squared)
    total, total_off = add(gain, gain_off + loss_off, loss)
    return Tally(
        observed,
        settle(total, total_off),
        growth,
        best,
        worst,
        settle(gain, gain_off),
        gains,
        settle(loss, loss_off),
        losses,
        win_run,
        loss_run,
        settle(above, above_off),
        settle(below, below_off),
        settle(square, square_off),
    )


@entry
def falls(returns: Floats) -> Falls:
    """Follow wealth from peak to peak; a bar that only reaches the old peak ends the drawdown."""
    wealth = top = 1.0
    top_bar, depth = -1, 0.0
    deepest, peak, valley, recovery = 0.0, -1, -1, -1
    count, under, longest = 0, 0, 0
    depths = square = square_off = 0.0
    for t in range(len(returns)):
        r = returns[t]
        if math.isnan(r):
            continue
        wealth *= 1.0 + r
        if wealth >= top:
            if depth < 0:
                longest = max(longest, t - top_bar)
                depths += depth
                if recovery < 0:
                    recovery = t
            top, top_bar, depth = wealth, t, 0.0
            continue
        now = (wealth - top) / top
        count += depth == 0
        under += 1
        depth = min(depth, now)
        square, square_off = add(square, square_off, now * now)
        if now < deepest:
            deepest, peak, valley, recovery = now, top_bar, t, -1
    if depth < 0:
        longest = max(longest, len(returns) - top_bar)
        depths += depth
    if deepest < 0 and recovery < 0:
        recovery = len(returns)
    whole = settle(square, square_off)
    return Falls(deepest, peak, valley, recovery, count, depths, whole, under, longest)


@rule
def near_log(r: float) -> float:
    """log(1 + r) of a small r: twice the inverse hyperbolic tangent of r / (2 + r), as a series."""
    s = r / (2.0 + r)
    q = s * s
    tail = 1 / 9 + q * (1 / 11 + q * (1 / 13))
    return 2.0 * s * (1.0 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * tail))))


@entry
def straightness(returns: Floats, logs: Floats) -> float:
    """Share of the logarithm of wealth that a straight line over observed bars explains.

    ``logs`` is room for BLOCK numbers: taken on their own, logarithms are taken four at a time.
    """
    n = 0
    level = level_off = y1 = y1_off = y2 = y2_off = ty = ty_off = 0.0
    for start in range(0, len(returns), BLOCK):
        part = returns[start : start + BLOCK]
        for k in range(len(part)):
            logs[k] = near_log(part[k])
        gained = sum_y = sum_yy = sum_ty = 0.0
        for k in range(len(part)):
            r = part[k]
            if math.isnan(r):
                continue
            gained += logs[k] if abs(r) < NEAR else log_growth(r)
            y = level + (level_off + gained)
            sum_y += y
            sum_yy += y * y
            sum_ty += n * y
            n += 1
        level, level_off = add(level, level_off, gained)
        y1, y1_off = add(y1, y1_off, sum_y)
        y2, y2_off = add(y2, y2_off, sum_yy)
        ty, ty_off = add(ty, ty_off, sum_ty)
    return line(returns, n, settle(y1, y1_off), settle(y2, y2_off), settle(ty, ty_off))


@rule
def line(returns: Floats, n: int, y1: float, y2: float, ty: float) -> float:
    """The same from sums over bars: of levels, their squares, and their products with time."""
    if n == 0:
        return math.nan
    varied = y2 - y1 * y1 / n
    if not y2 <= FLAT * varied:
        return running_line(returns)
    together = ty - 0.5 * (n - 1) * y1
    both = n * (float(n) * n - 1.0) / 12.0 * varied
    return together * together / both if both > 0 else math.nan


@entry
def running_line(returns: Floats) -> float:
    """The same where levels are large beside what varies: Welford's running covariance with time.

    A bar that loses everything has no level.
    """
    observed = 0
    level = level_off = mean = square = product = 0.0
    for t in range(len(returns)):
        r = returns[t]
        if math.isnan(r):
            continue
        observed += 1
        level, level_off = add(level, level_off, log_growth(r))
        y = level + level_off
        distance = y - mean
        mean += distance * (1.0 / observed)
        square += distance * (y - mean)
        product += 0.5 * (observed - 1) * distance
    both = observed * (float(observed) * observed - 1.0) / 12.0 * square
    return product * product / both if both > 0 else math.nan


@entry
def spread(returns: Floats, mean: float) -> Spread:
    """Powers of each observed return's distance from the mean; neighbours skip missing bars."""
    square = square_off = cube = cube_off = fourth = fourth_off = 0.0
    lagged = lagged_off = last = 0.0
    first = math.nan
    for start in range(0, len(returns), BLOCK):
        four = 0.0
        for t in range(start, min(start + BLOCK, len(returns))):
            d = returns[t] - mean
            if math.isnan(d):
                continue
            dd = d * d
            square, square_off = add(square, square_off, dd)
            four += dd * dd
            cube, cube_off = add(cube, cube_off, dd * d)
            lagged, lagged_off = add(lagged, lagged_off, last * d)
            first = d if math.isnan(first) else first
            last = d
        fourth, fourth_off = add(fourth, fourth_off, four)
    return Spread(
        settle(square, square_off),
        settle(cube, cube_off),
        settle(fourth, fourth_off),
        settle(lagged, lagged_off),
        first,
        last if first == first else math.nan,
    )


@entry
def fade(correlation: float, bars: int) -> float:
    """Sum over lags k of (1 - k/bars) x correlation^k, until nothing more is added."""
    total, power = 0.0, 1.0
    for k in range(1, bars):
        power *= correlation
        if power < 1e-20:
            break
        total += (bars - k) / bars * power
    return total
