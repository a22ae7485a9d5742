"""What an account came to: its sums, falls and trades as the formulas of metrics take them."""

from __future__ import annotations

from typing import Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import rule
from engine.execution.records import Floats
from engine.metrics.kernels import Falls, Spread, Tally, spread, tally
from engine.metrics.segments import (
    ABOVE,
    BELOW,
    BELOW_SQUARE,
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
)

Records = NDArray[np.void]


class Costs(NamedTuple):
    """Gained before costs, paid, traded; bars and days with a position."""

    gross: float
    paid: float
    traded: float
    held: int
    days: int


class Trades(NamedTuple):
    """Trades begun and closed, the sum of all returns, squared distances of the closed ones from
    their mean, and how many milliseconds those lasted: in sum, and the longest.
    """

    begun: int
    closed: int
    total: float
    square: float
    lasted: int
    longest: int


class Outcomes(NamedTuple):
    """One row an account; ``earned`` is of the returns of its closed trades."""

    sums: Records
    falls: Records
    spread: Records
    costs: Records
    trades: Records
    earned: Records


def record_of(kind: type) -> np.dtype[np.void]:
    """Rows of a named tuple of numbers."""
    hints: dict[str, Any] = get_type_hints(kind)
    return np.dtype([(name, np.int64 if t is int else np.float64) for name, t in hints.items()])


def make_outcomes(sets: int) -> Outcomes:
    """Room for so many."""
    kinds = (Tally, Falls, Spread, Costs, Trades, Tally)
    return Outcomes(*(np.zeros(sets, dtype=record_of(kind)) for kind in kinds))


@rule
def write_tally(row: np.void, told: Tally) -> None:
    """A tally as a record."""
    row["observed"], row["total"], row["growth"] = told.observed, told.total, told.growth
    row["best"], row["worst"] = told.best, told.worst
    row["gain"], row["gains"], row["loss"], row["losses"] = (
        told.gain, told.gains, told.loss, told.losses,
    )  # fmt: skip
    row["win_run"], row["loss_run"] = told.win_run, told.loss_run
    row["above"], row["below"] = told.above, told.below
    row["below_square"] = told.below_square


@rule
def write_sums(
    outcomes: Outcomes, place: int, account: np.void, sums: Floats, bars: int, target: float
) -> None:
    """Sums over all bars, ``sums`` being those over bars that were not flat throughout."""
    # A bar at whose beginning or end there is a position is counted in the sums; others return 0.
    flat = bars - account["moved"]
    under = -target if target > 0 else 0.0
    total, square, cube = sums[TOTAL], sums[SQUARE], sums[CUBE]
    write_tally(
        outcomes.sums[place],
        Tally(
            bars, total, account["wealth"], account["best"], account["worst"],
            sums[GAIN], int(sums[GAINS]), sums[LOSS], int(sums[LOSSES]),
            account["win_run"], account["loss_run"],
            sums[ABOVE] + flat * (-target if target < 0 else 0.0),
            sums[BELOW] + flat * under,
            sums[BELOW_SQUARE] + flat * (under * under),
        ),
    )  # fmt: skip
    mean, before = total / bars, account["before"]
    row = outcomes.spread[place]
    row["square"] = square - mean * total
    row["cube"] = cube - 3.0 * mean * square + 2.0 * mean * mean * total
    row["fourth"] = (
        sums[FOURTH] - 4.0 * mean * cube + 6.0 * mean * mean * square - 3.0 * mean**3 * total
    )
    row["lagged"] = sums[LAGGED] - mean * (2.0 * total - before) + (bars - 1) * mean * mean
    # The first bar is flat, whatever the signal.
    row["first"], row["last"] = -mean, before - mean


@rule
def write_rest(outcomes: Outcomes, place: int, account: np.void, sums: Floats, start: int) -> None:
    """Falls and costs."""
    falls, costs = outcomes.falls[place], outcomes.costs[place]
    falls["depth"], falls["valley"] = account["deepest"], -1
    falls["peak"], falls["recovery"] = account["peak"] - start, account["recovery"] - start
    falls["number"], falls["depths"] = account["number"], account["depths"]
    falls["square"] = account["square"]
    falls["under"], falls["longest"] = account["under"], account["longest"]
    costs["gross"] = sums[TOTAL] + sums[PAID]
    costs["paid"], costs["traded"] = sums[PAID], sums[TRADED]
    costs["held"], costs["days"] = account["held"], account["days"]


@rule
def write_trades(outcomes: Outcomes, place: int, account: np.void, returns: Floats) -> None:
    """Trades; one that is open has been written as the last."""
    row, begun = outcomes.trades[place], account["found"]
    closed = begun - (1 if account["side"] != 0 else 0)
    sums = tally(returns[:closed], 0.0)
    total = sums.total
    if closed < begun:
        total += returns[closed]
    row["begun"], row["closed"], row["total"] = begun, closed, total
    row["square"] = 0.0
    if closed > 1:
        row["square"] = spread(returns[:closed], sums.total / closed).square
    row["lasted"], row["longest"] = account["lasted"], account["longest_time"]
    write_tally(outcomes.earned[place], sums)


__all__ = [
    "Costs",
    "Outcomes",
    "Trades",
    "make_outcomes",
    "write_rest",
    "write_sums",
    "write_trades",
]
