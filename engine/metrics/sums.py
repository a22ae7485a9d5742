"""Sums over the bars of an account from the bars where its exposure changes.

A stretch in which nothing changes is a difference of running sums that all accounts share. Sums
are plain within a stride and keep what is rounded off from stride to stride, so they differ from a
plain pass in their last digits only.
"""

from __future__ import annotations

import numpy as np

from engine.execution.kernel import step
from engine.execution.records import Floats, Ints
from engine.metrics.kernels import add
from engine.metrics.segments import (
    ABOVE,
    BELOW,
    BELOW_SQUARE,
    BLOCK,
    COLUMNS,
    CUBE,
    FOURTH,
    GAIN,
    GAINS,
    LAGGED,
    LOSS,
    LOSSES,
    PAID,
    SQUARE,
    TOTAL,
    TRADED,
    Moves,
    turn,
)


@step
def add_turns(
    row: Floats, account: np.void, moves: Moves, at: Ints, to: Ints, count: int, low: int
) -> None:
    """Bars at which exposure changes, one by one, and products with their neighbours."""
    total = cube = lagged = square = fourth = gain = loss = 0.0
    above = below = below_square = paid = 0.0
    gains = losses = traded = 0
    target, side, before, t = moves.target, account["side"], account["before"], low
    for place in range(count + 1):
        first = at[place]
        if first > t:
            if side == 0:
                before = 0.0
            else:
                own = moves.long if side > 0 else moves.short
                # The running sum has the product with this side's own return before.
                lagged += (before - own.returns[t - 1]) * own.returns[t]
                before = own.returns[first - 1]
        if place == count:
            break
        now = int(to[place])
        _, r = turn(moves, first, side, now)
        size = abs(now - side)
        traded += size
        paid += size * moves.rate[first]
        x, rr = r - target, r * r
        under = x if x < 0 else 0.0
        total += r
        cube += rr * r
        lagged += before * r
        square += rr
        fourth += rr * rr
        gain += r if r > 0 else 0.0
        loss += r if r < 0 else 0.0
        above += x if x > 0 else 0.0
        below += under
        below_square += under * under
        gains += r > 0
        losses += r < 0
        before, side, t = r, now, first + 1
    account["before"] = before
    row[TOTAL], row[CUBE], row[LAGGED], row[SQUARE], row[FOURTH] = (
        total,
        cube,
        lagged,
        square,
        fourth,
    )
    row[GAIN], row[LOSS], row[ABOVE], row[BELOW] = gain, loss, above, below
    row[BELOW_SQUARE], row[GAINS], row[LOSSES] = below_square, gains, losses
    row[PAID], row[TRADED] = paid, traded


@step
def add_stretches(
    row: Floats, account: np.void, moves: Moves, at: Ints, to: Ints, count: int, low: int
) -> None:
    """Stretches that are held throughout, added to what ``add_turns`` wrote, block by block."""
    side, t, moved = account["side"], low, count
    for place in range(count + 1):
        end = at[place]
        if side != 0 and t < end:
            moved += end - t
            sums = moves.long.sums if side > 0 else moves.short.sums
            while t < end:
                last = min(end, t - t % BLOCK + BLOCK) - 1
                if t % BLOCK:
                    for k in range(COLUMNS):
                        row[k] += sums[last, k] - sums[t - 1, k]
                else:
                    for k in range(COLUMNS):
                        row[k] += sums[last, k]
                t = last + 1
        side, t = int(to[place]), end + 1
    account["moved"] += moved


@step
def count_in(totals: Floats, lost: Floats, row: Floats) -> None:
    """Add the sums of a stride to those before."""
    for k in range(len(row)):
        totals[k], lost[k] = add(totals[k], lost[k], row[k])
