"""How long symbols are listed: until when they have prices, and when positions are closed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.execution.records import BadOption, Ints, Request, Unsupported
from engine.execution.zipline.actions import bar_of, entries
from engine.execution.zipline.clock import Clock


class Listing(NamedTuple):
    """By symbol: the last bar with a price, and the bar at whose end positions are closed.

    A symbol that stays listed has the number of bars for both.
    """

    end: Ints
    close: Ints


def listing_of(request: Request, clock: Clock) -> Listing:
    """Read ``delisting`` ("end-bar:close-bar"), at most one of a symbol."""
    bars = len(clock.first)
    listing = Listing(*np.full((2, len(request.symbols)), bars))
    for column, (end, close) in entries(request, "delisting", 2):
        if clock.by_minute:
            raise Unsupported("delisting is played in daily simulations only")
        if listing.end[column] < bars:
            raise BadOption("delisting has two entries for one symbol; it is delisted once")
        listing.end[column], listing.close[column] = bar_of(end, clock), bar_of(close, clock)
    return listing
