"""The prices zipline sees, and those it values positions at."""

from __future__ import annotations

import numpy as np

from engine.execution.arrays import frozen
from engine.execution.records import Floats, Request, Unsupported
from engine.execution.search import reach_of
from engine.execution.zipline.actions import Actions
from engine.execution.zipline.options import ROUTES, word
from engine.execution.zipline.state import Bars

# The largest number a bundle can store, of thousandths or of shares.
LARGEST = np.iinfo(np.uint32).max


def bars_of(request: Request, actions: Actions) -> Bars:
    """Closes and volumes by symbol; a bar without a volume has none.

    Raises Unsupported for prices a bundle cannot hold.
    """
    close = np.asarray(request.market.close).T
    traded = np.asarray(request.market.volume).T
    volume = np.where(np.isnan(traded), 0.0, traded)
    if word(request.options, "route", ROUTES) == "bundle":
        close, volume = stored_prices(close), stored_volumes(volume)
    close = frozen(close)
    reach = reach_of(close, close, close)
    return Bars(close, frozen(volume), frozen(carried(close, actions)), reach.small, reach.large)


def stored_prices(close: Floats) -> Floats:
    """Prices as a bundle keeps them: whole thousandths, times 0.001; none for what is too large.

    What comes to zero is no price either.
    """
    thousandths = np.rint(close * 1000)
    if ((close <= LARGEST) & ((thousandths > LARGEST) | (thousandths < 0))).any():
        raise Unsupported("a bundle holds no price above 4294967.295")
    return np.where((thousandths == 0) | (close > LARGEST), np.nan, thousandths * 0.001)


def stored_volumes(volume: Floats) -> Floats:
    """Whole shares; a volume that is too large counts as none."""
    return np.where(volume > LARGEST, 0.0, np.trunc(volume))


def carried(close: Floats, actions: Actions) -> Floats:
    """The last close each symbol had, scaled by the splits and dividends since; (symbols, bars).

    A dividend scales by its share of the close before it, where there is one.
    """
    if not np.isnan(close).any():
        return close
    prices = close.copy()
    for column, own in enumerate(close):
        scales = scales_of(column, own, actions)
        found = -1
        for bar, price in enumerate(own.tolist()):
            if price == price:
                found = bar
            elif found >= 0:
                prices[column, bar] = float(own[found]) * scale(found, bar, scales)
    return prices


Scales = tuple[tuple[int, float], ...]


def scales_of(column: int, close: Floats, actions: Actions) -> Scales:
    """The bar and the factor of every split and then of every dividend of a symbol."""
    splits = [(split.bar, split.ratio) for split in actions.splits if split.column == column]
    dividends = [
        (dividend.bar, 1.0 - dividend.amount / float(close[dividend.bar - 1]))
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
