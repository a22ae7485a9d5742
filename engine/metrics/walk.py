"""The one thing that is followed bar by bar: wealth while it is exposed, and what a trade makes."""

from __future__ import annotations

import math

from engine.execution.kernel import step
from engine.metrics.kernels import Falls
from engine.metrics.segments import Changes, Moves, Trades, Walk, entry, turn


@step
def _last_worth(moves: Moves, last: int, stop: int, side: int, opened: float) -> float:
    """What the last bar of a trade makes of it, the exit at the next one included."""
    if last == stop:
        return opened
    return float(opened * (1.0 + side * moves.before[last] - moves.rate[last]))


@entry
def walk(moves: Moves, changes: Changes, count: int, start: int, stop: int, trades: Trades) -> Walk:
    """Wealth from the first bar to the last; a flat stretch is one step, for nothing moves on it.

    Of a fall only its lowest point and its squares are kept; it is measured when it ends. Trades
    are written as they end.
    """
    at, to = changes
    wealth = top = low = 1.0
    top_bar = start - 1
    squares = square = depths = deepest = 0.0
    peak, recovery, number, under, longest = start - 1, start - 1, 0, 0, 0
    best, worst = -math.inf, math.inf
    wins = losses = win_run = loss_run = 0
    side = found = 0
    flat = at[0] > start
    if flat:
        top_bar = at[0] - 1
    for place in range(count):
        first, last, now = at[place], at[place + 1], to[place]
        _, r = turn(moves, first, side, now)
        entered = abs(now - side) - (1 if side != 0 and now != 0 else 0)
        side = now
        own = moves.long if side > 0 else moves.short
        returns, worths = own.returns, own.worth
        end = last if side != 0 else first + 1
        opened = 1.0 + side * moves.after[first] - entered * moves.rate[first]
        value, worth = 1.0, opened
        if end > first + 1:
            worth = opened * (1.0 + side * moves.before[first + 1])
        g, t = 1.0 + r, first
        while True:
            wealth *= g
            if wealth >= top:
                if low < top:
                    depth = (low - top) / top
                    number += 1
                    depths += depth
                    square += squares / (top * top)
                    under += t - top_bar - 1
                    longest = max(longest, t - top_bar)
                    if depth < deepest:
                        deepest, peak, recovery = depth, top_bar, t
                    squares = 0.0
                top = low = wealth
                top_bar = t
            else:
                gap = wealth - top
                low = wealth if wealth < low else low
                squares += gap * gap
            best = r if r > best else best
            worst = r if r < worst else worst
            wins = wins + 1 if r > 0 else 0
            losses = losses + 1 if r < 0 else 0
            win_run = wins if wins > win_run else win_run
            loss_run = losses if losses > loss_run else loss_run
            t += 1
            if t >= end:
                break
            r = returns[t]
            g = 1.0 + r
            value, worth = value * worth, worths[t]
        if side != 0:
            if end > first + 1:
                opened = 1.0 + side * moves.after[last - 1]
            value *= _last_worth(moves, last, stop, side, opened)
            trades.returns[found] = value - 1.0
            trades.entries[found], trades.exits[found] = first, last
            found += 1
        elif last > first + 1:
            flat = True
            wins = losses = 0
            if low < top:
                squares += (last - first - 1) * ((wealth - top) * (wealth - top))
            else:
                top_bar = last - 1
    if flat:
        best, worst = max(best, 0.0), min(worst, 0.0)
    if low < top:
        depth = (low - top) / top
        number += 1
        depths += depth
        square += squares / (top * top)
        under += stop - 1 - top_bar
        longest = max(longest, stop - top_bar)
        if depth < deepest:
            deepest, peak, recovery = depth, top_bar, stop
    falls = Falls(
        deepest, peak - start, -1, recovery - start, number, depths, square, under, longest
    )
    return Walk(wealth, falls, best, worst, win_run, loss_run, found)
