"""One account on its way through the bars: wealth, its falls, runs of returns, and its trades.

Wealth and trades are followed bar by bar while there is a position, for their products must have
the bits of ``VectorizedEngine``: whether a bar reaches an old peak, or a trade earned nothing, may
hang on the last of them. Everything else happens seldom: eight bars in which wealth can reach no
new peak and no new low, and which have no return and no run longer than any before, are nothing but
two products.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.execution.kernel import rule, step
from engine.execution.records import Floats, Ints
from engine.metrics.segments import (
    AWAY,
    AWAY_SQUARE,
    BEST,
    EIGHT,
    FAILS,
    HIGHEST,
    LOWEST,
    WINS,
    WORST,
    Clock,
    Moves,
    Side,
    turn,
)

# What is kept of an account between two strides: ``Level``, ``Runs`` and ``Trade``; its falls that
# ended; how many trades it ``found``, the bars and days it ``held`` (the last day ``counted``) and
# the milliseconds they ``lasted``; the return of the bar ``before`` and how many bars ``moved``. It
# is ``odd`` if its signal has a value that is no side.
ACCOUNT = np.dtype(
    [
        ("wealth", np.float64), ("top", np.float64), ("low", np.float64), ("squares", np.float64),
        ("top_bar", np.int64), ("best", np.float64), ("worst", np.float64), ("wins", np.int64),
        ("fails", np.int64), ("win_run", np.int64), ("loss_run", np.int64), ("side", np.int64),
        ("since", np.int64), ("value", np.float64), ("part", np.float64),
        ("depths", np.float64), ("square", np.float64), ("deepest", np.float64),
        ("peak", np.int64), ("recovery", np.int64), ("number", np.int64), ("under", np.int64),
        ("longest", np.int64), ("found", np.int64), ("held", np.int64), ("days", np.int64),
        ("counted", np.int64), ("lasted", np.int64), ("longest_time", np.int64),
        ("before", np.float64), ("moved", np.int64), ("odd", np.int64),
    ]
)  # fmt: skip
# Far more than products of eight differ by, far less than prices do.
SLACK = 1e-12


class Level(NamedTuple):
    """Wealth, the peak before it, the lowest since and the squares of how far it was from it."""

    wealth: float
    top: float
    low: float
    squares: float
    top_bar: int


class Runs(NamedTuple):
    """Extremes of returns; gaining and losing bars in a row, now and at most."""

    best: float
    worst: float
    wins: int
    fails: int
    win_run: int
    loss_run: int


class Trade(NamedTuple):
    """The position since a bar: what it made up to the bar before the last, and the last's part."""

    side: int
    since: int
    value: float
    part: float


@rule
def begin(account: np.void, start: int) -> None:
    """Flat, with a wealth of 1, which is the first peak."""
    account["wealth"] = account["top"] = account["low"] = account["value"] = 1.0
    account["part"] = 1.0
    account["squares"] = account["square"] = account["depths"] = account["deepest"] = 0.0
    account["best"], account["worst"] = -math.inf, math.inf
    account["top_bar"] = account["peak"] = account["recovery"] = start - 1
    account["number"] = account["under"] = account["longest"] = 0
    account["wins"] = account["fails"] = account["win_run"] = account["loss_run"] = 0
    account["side"] = account["found"] = account["held"] = account["days"] = account["odd"] = 0
    account["since"], account["counted"] = start, -1
    account["lasted"] = account["longest_time"] = account["moved"] = 0
    account["before"] = 0.0


@step
def level_of(account: np.void) -> Level:
    """Where wealth stood."""
    return Level(
        account["wealth"], account["top"], account["low"], account["squares"], account["top_bar"]
    )


@step
def runs_of(account: np.void) -> Runs:
    """How returns ran."""
    return Runs(
        account["best"], account["worst"], account["wins"], account["fails"],
        account["win_run"], account["loss_run"],
    )  # fmt: skip


@step
def trade_of(account: np.void) -> Trade:
    """The trade in hand."""
    return Trade(account["side"], account["since"], account["value"], account["part"])


@rule
def surface(account: np.void, t: int, level: Level) -> None:
    """A fall ends: at a bar that reaches the old peak, or with the bars."""
    depth = (level.low - level.top) / level.top
    account["number"] += 1
    account["depths"] += depth
    account["square"] += level.squares / (level.top * level.top)
    account["under"] += t - level.top_bar - 1
    account["longest"] = max(account["longest"], t - level.top_bar)
    if depth < account["deepest"]:
        account["deepest"], account["peak"], account["recovery"] = depth, level.top_bar, t


@step
def after_bar(account: np.void, level: Level, t: int, r: float) -> Level:
    """Wealth after one return."""
    wealth, top, low, squares, top_bar = level
    wealth *= 1.0 + r
    if wealth >= top:
        if low < top:
            surface(account, t, level)
        top, low, squares, top_bar = wealth, wealth, 0.0, t
    else:
        gap = wealth - top
        low = wealth if wealth < low else low
        squares += gap * gap
    return Level(wealth, top, low, squares, top_bar)


@step
def run_on(runs: Runs, r: float) -> Runs:
    """Extremes and runs after one return."""
    best, worst, wins, fails, win_run, loss_run = runs
    wins = wins + 1 if r > 0 else 0
    fails = fails + 1 if r < 0 else 0
    return Runs(
        r if r > best else best,
        r if r < worst else worst,
        wins,
        fails,
        wins if wins > win_run else win_run,
        fails if fails > loss_run else loss_run,
    )


@step
def quiet(eight: Floats, level: Level, runs: Runs) -> bool:
    """Whether nothing can happen in eight bars but products."""
    return bool(
        (level.wealth > 0.0)
        & (level.wealth * eight[HIGHEST] < level.top * (1.0 - SLACK))
        & (level.wealth * eight[LOWEST] > level.low + SLACK * abs(level.low))
        & (eight[BEST] <= runs.best)
        & (eight[WORST] >= runs.worst)
        & (eight[WINS] + runs.wins <= runs.win_run)
        & (eight[FAILS] + runs.fails <= runs.loss_run)
    )


@step
def hold(
    account: np.void, own: Side, t: int, end: int, level: Level, runs: Runs, trade: Trade
) -> tuple[Level, Runs, Trade]:
    """Bars held throughout; the first of them may follow any other."""
    returns, worths = own.returns, own.worth
    value, part = trade.value, trade.part
    while t < end:
        if t % EIGHT == 0 and t + EIGHT <= end and quiet(own.eights[t // EIGHT], level, runs):
            eight, run = own.eights[t // EIGHT], int(own.runs[t + EIGHT - 1])
            wealth, gap = level.wealth, level.wealth - level.top
            squares = level.squares + (
                EIGHT * gap * gap + wealth * (2.0 * gap * eight[AWAY] + wealth * eight[AWAY_SQUARE])
            )
            for k in range(EIGHT):
                wealth *= 1.0 + returns[t + k]
                value, part = value * part, worths[t + k]
            level = Level(wealth, level.top, level.low, squares, level.top_bar)
            wins = runs.wins + EIGHT if run >= EIGHT else (run if run > 0 else 0)
            fails = runs.fails + EIGHT if run <= -EIGHT else (-run if run < 0 else 0)
            runs = Runs(runs.best, runs.worst, wins, fails, runs.win_run, runs.loss_run)
            t += EIGHT
        else:
            level = after_bar(account, level, t, returns[t])
            runs = run_on(runs, returns[t])
            value, part = value * part, worths[t]
            t += 1
    return level, runs, Trade(trade.side, trade.since, value, part)


@step
def rest(level: Level, runs: Runs, t: int, end: int) -> tuple[Level, Runs]:
    """Flat bars: nothing moves."""
    wealth, top, low, squares, top_bar = level
    gap = wealth - top
    under = low < top
    squares += (end - t) * (gap * gap) if under else 0.0
    top_bar = top_bar if under else end - 1
    best = runs.best if runs.best > 0.0 else 0.0
    worst = runs.worst if runs.worst < 0.0 else 0.0
    return (
        Level(wealth, top, low, squares, top_bar),
        Runs(best, worst, 0, 0, runs.win_run, runs.loss_run),
    )


@step
def enter(moves: Moves, t: int, side: int) -> Trade:
    """A trade begins, or none does; its first bar pays for it."""
    opened = 1.0 + side * moves.after[t] - moves.rate[t]
    later = moves.before[t + 1] if t + 1 < len(moves.before) else 0.0
    return Trade(side, t, 1.0, opened * (1.0 + side * later))


@step
def leave(
    account: np.void, moves: Moves, clock: Clock, trade: Trade, t: int, stop: int, into: Floats
) -> None:
    """The trade in hand is written; at ``stop`` it is left open."""
    side, since, found = trade.side, trade.since, account["found"]
    part = 1.0 + side * moves.after[t - 1] - (moves.rate[since] if t == since + 1 else 0.0)
    if t < stop:
        part *= 1.0 + side * moves.before[t] - moves.rate[t]
        lasted = clock.time[t - clock.lead] - clock.time[since - clock.lead]
        account["lasted"] += lasted
        account["longest_time"] = max(account["longest_time"], lasted)
    into[found] = trade.value * part - 1.0
    account["found"] = found + 1
    account["held"] += t - since
    first, last = max(clock.day[since], account["counted"] + 1), clock.day[t - 1]
    if last >= first:
        account["days"] += last - first + 1
        account["counted"] = last


@step
def follow(
    account: np.void, moves: Moves, clock: Clock, at: Ints, to: Ints, count: int,
    span: tuple[int, int], into: Floats,
) -> None:  # fmt: skip
    """One account from a bar through a stride whose changes are known; ``stop`` ends all bars."""
    t, stop = span
    level, runs, trade = level_of(account), runs_of(account), trade_of(account)
    for place in range(count + 1):
        end = at[place]
        if t < end:
            if trade.side == 0:
                level, runs = rest(level, runs, t, end)
            else:
                own = moves.long if trade.side > 0 else moves.short
                level, runs, trade = hold(account, own, t, end, level, runs, trade)
        if place == count:
            break
        now = int(to[place])
        _, r = turn(moves, end, trade.side, now)
        if trade.side != 0:
            leave(account, moves, clock, trade, end, stop, into)
        trade = enter(moves, end, now)
        level = after_bar(account, level, end, r)
        runs = run_on(runs, r)
        t = end + 1
    keep(account, level, runs, trade)


@step
def keep(account: np.void, level: Level, runs: Runs, trade: Trade) -> None:
    """Where it stands."""
    account["wealth"], account["top"], account["low"] = level.wealth, level.top, level.low
    account["squares"], account["top_bar"] = level.squares, level.top_bar
    account["best"], account["worst"] = runs.best, runs.worst
    account["wins"], account["fails"] = runs.wins, runs.fails
    account["win_run"], account["loss_run"] = runs.win_run, runs.loss_run
    account["side"], account["since"] = trade.side, trade.since
    account["value"], account["part"] = trade.value, trade.part
