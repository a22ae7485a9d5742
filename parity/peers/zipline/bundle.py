"""A request's bars stored as zipline's bundles store them, the way most users bring their prices.

A bundle keeps prices as whole thousandths and volumes as whole shares, so the algorithm sees other
numbers than those that were given. They are written and read by the bundles' own daily writer and
reader; the assets and adjustments beside them are the same as without a bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from market import FIELDS, Market, calendar_of, moments_of, portal_of
from wire import Request, Unsupported
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter

LARGEST = np.iinfo(np.uint32).max


@contextmanager
def bundle_market(request: Request, actions: Callable[[Any], Any]) -> Iterator[Market]:
    """Write, read; the folder is gone afterwards."""
    check(request)
    calendar, sessions = calendar_of(len(request.clock))
    with TemporaryDirectory(prefix="zipline-") as folder:
        writer = BcolzDailyBarWriter(folder, calendar, sessions[0], sessions[-1])
        writer.write(frames(request, sessions))
        reader = BcolzDailyBarReader(folder)
        portal = portal_of(request, calendar, sessions, reader, actions(sessions))
        yield Market(calendar, sessions, portal, moments_of(calendar, sessions))


def frames(request: Request, sessions: pd.DatetimeIndex) -> Iterator[tuple[int, pd.DataFrame]]:
    """The bars of each symbol on all sessions; the writer changes what it is given."""
    for sid in range(len(request.symbols)):
        columns = {name: request.market[name][:, sid].copy() for name in FIELDS}
        yield sid, pd.DataFrame(columns, index=sessions)


def check(request: Request) -> None:
    """zipline looks for prices that are too large before it turns them into thousandths."""
    close = request.market["close"]
    thousandths = np.round(close * 1000)
    if ((close <= LARGEST) & ((thousandths > LARGEST) | (thousandths < 0))).any():
        raise Unsupported("a bundle holds no price above 4294967.295")
