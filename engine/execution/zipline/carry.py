"""The last price of a symbol on bars that have none, scaled by the splits and dividends since."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from engine.execution.kernel import entry, rule
from engine.execution.records import Floats, Ints
from engine.execution.zipline.actions import Actions
from engine.execution.zipline.clock import DAY, Clock

Scales = tuple[tuple[int, float], ...]


def by_days(close: Floats, actions: Actions) -> Floats:
    """The last close each symbol had; a dividend scales by its share of the close before it."""
    prices = close.copy()
    for column, own in enumerate(close):
        scales = scales_of(column, actions, partial(close_before, own))
        found = -1
        for bar, price in enumerate(own.tolist()):
            if price == price:
                found = bar
            elif found >= 0:
                prices[column, bar] = float(own[found]) * scale(found, bar, scales)
    return prices


def close_before(close: Floats, bar: int) -> float:
    """The close of the bar before."""
    return float(close[bar - 1])


def scales_of(column: int, actions: Actions, before: Callable[[int], float]) -> Scales:
    """The bar and the factor of every split and then of every dividend of a symbol."""
    splits = [(split.bar, split.ratio) for split in actions.splits if split.column == column]
    dividends = [
        (dividend.bar, 1.0 - dividend.amount / before(dividend.bar))
        for dividend in actions.dividends
        if dividend.column == column and dividend.bar > 0
    ]
    return (*splits, *((bar, factor) for bar, factor in dividends if factor > 0))


def scale(after: int, until: int, scales: Scales) -> float:
    """The product of the factors after one bar, up to another."""
    product = 1.0
    for bar, factor in scales:
        if after < bar <= until:
            product *= factor
    return product


def by_minutes(
    close: Floats, volume: Floats, actions: Actions, clock: Clock
) -> tuple[Floats, Floats]:
    """The price of each symbol on every bar, and what a position of it is valued at.

    Where a bar has no close, zipline takes that of the last minute with a volume, even if it is
    none. A position keeps its value then.
    """
    prices, worths = np.empty_like(close), np.empty_like(close)
    for column, own in enumerate(close):
        scales = scales_of(column, actions, partial(session_close, own, clock))
        times = np.array([clock.date[bar] for bar, _ in scales], dtype=np.int64)
        factors = np.array([factor for _, factor in scales], dtype=np.float64)
        carry(
            own, volume[column], clock.last, clock.time, clock.before, times, factors,
            prices[column], worths[column],
        )  # fmt: skip
    return prices, worths


def session_close(close: Floats, clock: Clock, bar: int) -> float:
    """The last close of the session before the one that begins with a bar; NaN if it has none."""
    if clock.number[bar - 1] != clock.number[bar] - 1:
        return math.nan
    session = close[clock.first[bar - 1] : bar]
    closes = session[~np.isnan(session)]
    return float(closes[-1]) if len(closes) else math.nan


@entry
def carry(
    close: Floats, volume: Floats, last: Ints, time: Ints, before: Ints, times: Ints,
    factors: Floats, prices: Floats, worths: Floats,
) -> None:  # fmt: skip
    """One symbol. zipline values positions on every bar and when a session ends."""
    traded, worth = -1, math.nan
    for bar in range(len(close)):
        if bar > 0 and last[bar - 1] < bar and before[bar] != time[bar - 1]:
            price = carried(traded, before[bar], close, time, times, factors)
            worth = worth if math.isnan(price) else price
        if volume[bar] != 0:
            traded = bar
        price = close[bar]
        if math.isnan(price):
            price = carried(traded, time[bar], close, time, times, factors)
        worth = worth if math.isnan(price) else price
        prices[bar] = price
        worths[bar] = worth


@rule
def carried(
    traded: int, now: int, close: Floats, time: Ints, times: Ints, factors: Floats
) -> float:
    """The close of the last bar with a volume; within a date of UTC it is not scaled."""
    if traded < 0:
        return math.nan
    then = time[traded]
    if then // DAY == now // DAY:
        return close[traded]
    product = 1.0
    for place in range(len(times)):
        if then < times[place] <= now:
            product *= factors[place]
    return close[traded] * product
