"""A request's bars ingested as a bundle on disk, the way most users bring their prices.

A bundle stores prices as whole thousandths and volumes as whole shares, so the algorithm sees other
numbers than those that were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from market import FIELDS, Market, calendar_of, equities, exchanges
from wire import Request, Unsupported
from zipline.data import bundles
from zipline.data.data_portal import DataPortal

NAME = "request"
LARGEST = np.iinfo(np.uint32).max


@contextmanager
def bundle_market(request: Request, actions: Callable[[Any], Any]) -> Iterator[Market]:
    """Register an ingest function, ingest, load; the folder is gone afterwards."""
    check(request)
    calendar, sessions = calendar_of(len(request.clock))
    bundles.register(
        NAME,
        ingestion(request, sessions, actions(sessions)),
        calendar_name="XNYS",
        start_session=sessions[0],
        end_session=sessions[-1],
    )
    with TemporaryDirectory(prefix="zipline-") as folder:
        environ = {"ZIPLINE_ROOT": folder}
        bundles.ingest(NAME, environ)
        with bundles.load(NAME, environ) as data:
            portal = DataPortal(
                data.asset_finder,
                calendar,
                sessions[0],
                equity_daily_reader=data.equity_daily_bar_reader,
                adjustment_reader=data.adjustment_reader,
            )
            yield Market(calendar, sessions, portal)
    bundles.unregister(NAME)


def ingestion(request: Request, sessions: pd.DatetimeIndex, actions: Any) -> Callable[..., None]:
    """What zipline calls to be given all data."""

    def ingest(
        _environ: Any, asset_db_writer: Any, _minute: Any, daily_bar_writer: Any,
        adjustment_writer: Any, *_rest: Any,
    ) -> None:  # fmt: skip
        asset_db_writer.write(equities=equities(request, sessions), exchanges=exchanges())
        daily_bar_writer.write(frames(request, sessions))
        adjustment_writer.write(splits=actions.splits, dividends=actions.dividends)

    return ingest


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
