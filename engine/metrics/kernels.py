"""Passes over returns: what adds up, how wealth falls, and what is measured from the mean.

Sums carry what each addition rounds off, so that a million bars lose no digit that the
first thousand had. A NaN is a bar nobody saw: it is counted, and everything else skips it.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats

entry = entry_of(Path(__file__).parent)


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


class Lowest(NamedTuple):
    """Of the returns in the lower tail."""

    total: float
    most: float


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
    for t in range(len(returns)):
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
        under = x if x < 0 else 0.0
        above, above_off = add(above, above_off, x if x > 0 else 0.0)
        below, below_off = add(below, below_off, under)
        square, square_off = add(square, square_off, under * under)
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


@entry
def straightness(returns: Floats) -> float:
    """Share of the logarithm of wealth that a straight line over observed bars explains.

    Welford's running covariance with the bar's number; a bar that loses everything has none.
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
    lagged = lagged_off = 0.0
    first = last = math.nan
    for t in range(len(returns)):
        d = returns[t] - mean
        if math.isnan(d):
            continue
        dd = d * d
        square, square_off = add(square, square_off, dd)
        cube, cube_off = add(cube, cube_off, dd * d)
        fourth, fourth_off = add(fourth, fourth_off, dd * dd)
        if math.isnan(first):
            first = d
        else:
            lagged, lagged_off = add(lagged, lagged_off, last * d)
        last = d
    return Spread(
        settle(square, square_off),
        settle(cube, cube_off),
        settle(fourth, fourth_off),
        settle(lagged, lagged_off),
        first,
        last,
    )


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


@entry
def lowest(values: Floats) -> Lowest:
    """Sum and maximum of the part of returns below a split."""
    most, total, off = -math.inf, 0.0, 0.0
    for value in values:
        most = value if value > most else most
        total, off = add(total, off, value)
    return Lowest(settle(total, off), most)


@entry
def least(values: Floats) -> float:
    """The minimum of the part of returns above a split."""
    low = math.inf
    for value in values:
        low = value if value < low else low
    return low
