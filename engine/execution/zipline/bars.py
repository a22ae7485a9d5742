"""The prices zipline sees, and those it values positions at."""

from __future__ import annotations

import numpy as np

from engine.execution.arrays import frozen
from engine.execution.records import Floats, Market, Request, Unsupported
from engine.execution.search import reach_of
from engine.execution.zipline.actions import Actions
from engine.execution.zipline.carry import by_days, by_minutes
from engine.execution.zipline.clock import Clock
from engine.execution.zipline.listing import Listing, cut, kept
from engine.execution.zipline.options import ROUTES, word
from engine.execution.zipline.state import Bars

# The largest number a bundle can store, of thousandths or of shares.
LARGEST = np.iinfo(np.uint32).max


def bars_of(
    request: Request, actions: Actions, clock: Clock, listing: Listing, *, priced: bool = True
) -> Bars:
    """Closes and volumes by symbol; a volume that is NaN is none.

    ``priced`` says that some order waits for a price, so that bars are searched for it.
    Raises Unsupported for prices a bundle cannot hold.
    """
    close = np.asarray(request.market.close).T
    volume = np.asarray(request.market.volume).T
    if word(request.options, "route", ROUTES) == "bundle":
        if clock.by_minute:
            close, volume = stored_minutes(request.market, volume)
        else:
            close, volume = stored_prices(close), stored_volumes(volume)
    close, volume = map(frozen, cut(close, volume, listing))
    price = worth = close
    if has_nan(close) and clock.by_minute:
        price, worth = by_minutes(close, volume, actions, clock)
    elif has_nan(close):
        price = worth = kept(by_days(close, actions), listing)
    seen = close if priced else close[:, :0]
    reach = reach_of(seen, seen, seen)
    orderable = np.minimum(listing.end, listing.close)
    return Bars(
        close, volume, frozen(price), frozen(worth), reach.small, reach.large, clock.ends,
        orderable, listing.close,
    )  # fmt: skip


def has_nan(values: Floats) -> bool:
    """Whether some value is NaN; the least one is, then."""
    return bool(np.isnan(values.min()))


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


def stored_minutes(market: Market, volume: Floats) -> tuple[Floats, Floats]:
    """Closes and volumes as a bundle keeps minutes: one number that is too large spoils its bar."""
    prices = [np.asarray(price).T for price in (market.open, market.high, market.low, market.close)]
    if any((price < 0).any() for price in prices):
        raise Unsupported("a bundle holds no negative price")
    with np.errstate(over="ignore"):
        thousandths = [np.rint(np.nan_to_num(price) * 1000) for price in prices]
    spoilt = np.any([number >= LARGEST for number in (*thousandths, volume)], axis=0)
    close = np.where(spoilt | (thousandths[-1] == 0), np.nan, thousandths[-1] * 0.001)
    return close, np.where(spoilt, 0.0, np.trunc(volume))
