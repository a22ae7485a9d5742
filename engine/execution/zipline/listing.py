"""How long symbols are listed: until when they have prices, and when positions are closed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import BadOption, Floats, Ints, Request, Unsupported
from engine.execution.zipline.actions import bar_of, entries
from engine.execution.zipline.clock import Clock

Flags = NDArray[np.bool_]


class Listing(NamedTuple):
    """By symbol: the last bar with a price, and the bar at whose end positions are closed.

    A symbol that stays listed has the number of bars for both.
    """

    end: Ints
    close: Ints


def cut(close: Floats, volume: Floats, listing: Listing) -> tuple[Floats, Floats]:
    """Neither price nor volume after a symbol's last bar, whatever was given."""
    late = after(close, listing)
    if not late.any():
        return close, volume
    return np.where(late, np.nan, close), np.where(late, 0.0, volume)


def kept(worth: Floats, listing: Listing) -> Floats:
    """What a delisted share was last worth; splits and dividends scale it no more."""
    last = np.minimum(listing.end, worth.shape[1] - 1)
    return np.where(after(worth, listing), np.take_along_axis(worth, last[:, None], 1), worth)


def after(prices: Floats, listing: Listing) -> Flags:
    """(symbols, bars): the bars after the last of each symbol."""
    if (listing.end >= prices.shape[1]).all():
        return np.zeros((1, 1), dtype=bool)
    return np.arange(prices.shape[1]) > listing.end[:, None]


def listing_of(request: Request, clock: Clock) -> Listing:
    """Read ``delisting`` ("end-bar:close-bar"), at most one of a symbol."""
    bars = int(clock.ends[-1]) + 1
    listing = Listing(*np.full((2, len(request.symbols)), bars))
    for column, (end, close) in entries(request, "delisting", 2):
        if clock.by_minute:
            raise Unsupported("delisting is played in daily simulations only")
        if listing.end[column] < bars:
            raise BadOption("delisting has two entries for one symbol; it is delisted once")
        listing.end[column], listing.close[column] = bar_of(end, clock), bar_of(close, clock)
    return listing
