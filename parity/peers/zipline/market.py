"""A request's bars as zipline's daily market: one bar a session of the New York Stock Exchange.

zipline's daily mode knows sessions, not times: the first bar is played on the first session, the
second on the next, whatever lies between them on the request's clock. The market is kept in memory,
so that every price stays the double it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import create_engine
from wire import Request
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from zipline.data.bar_reader import NoDataOnDate
from zipline.data.data_portal import DataPortal
from zipline.data.in_memory_daily_bars import InMemoryDailyBarReader
from zipline.utils.calendar_utils import get_calendar

# The usual calendar begins in 1990 and has had more sessions than this since.
MOST, FIRST = 9000, pd.Timestamp("1990-01-01")
FIELDS = ("open", "high", "low", "close", "volume")


class Market(NamedTuple):
    """What a simulation is given: its sessions, its data, and the nanosecond of every bar."""

    calendar: Any
    sessions: pd.DatetimeIndex
    portal: DataPortal
    moments: NDArray[np.int64]


Delistings = tuple[tuple[int, pd.Timestamp, pd.Timestamp], ...]


class Actions(NamedTuple):
    """Splits and dividends as zipline's writers take them, by row; None where there are none.

    ``delistings`` has the sid of a symbol, its last session, and that of its automatic close.
    """

    splits: pd.DataFrame | None
    dividends: pd.DataFrame | None
    delistings: Delistings = ()


class ExactReader(InMemoryDailyBarReader):
    """The shipped in-memory reader, with the two look-ups it lacks."""

    def get_value(self, sid: Any, dt: pd.Timestamp, field: str) -> float:
        """The value as it was given, a Python float as from a bundle; outside the bars none."""
        row = self._sessions.get_indexer([dt])[0]
        if row < 0:
            raise NoDataOnDate(dt)
        return float(self._values[field][row, int(sid)])

    @property
    def last_available_dt(self) -> pd.Timestamp:
        """The last session that has bars."""
        return self._sessions[-1]


@contextmanager
def exact_market(request: Request, actions: Callable[[Any], Any]) -> Iterator[Market]:
    """All of it in memory."""
    calendar, sessions = calendar_of(len(request.clock))
    sids = range(len(request.symbols))
    frames = {
        name: pd.DataFrame(request.market[name], index=sessions, columns=sids) for name in FIELDS
    }
    frames["volume"] = frames["volume"].fillna(0.0)
    reader = ExactReader(frames, calendar, pd.Series("USD", index=sids))
    portal = portal_of(request, calendar, sessions, reader, actions(sessions))
    yield Market(calendar, sessions, portal, moments_of(calendar, sessions))


def moments_of(calendar: Any, sessions: pd.DatetimeIndex) -> NDArray[np.int64]:
    """When the one bar of every session is played: at its close."""
    return pd.DatetimeIndex(calendar.closes[sessions]).asi8


def portal_of(
    request: Request, calendar: Any, sessions: pd.DatetimeIndex, reader: Any, actions: Actions
) -> DataPortal:
    """All that zipline asks about: the assets, their bars, their splits and dividends."""
    return DataPortal(
        finder_of(request.symbols, calendar, actions.delistings),
        calendar,
        sessions[0],
        equity_daily_reader=reader,
        adjustment_reader=adjustments(actions, reader),
    )


@lru_cache(maxsize=64)
def finder_of(symbols: tuple[str, ...], calendar: Any, delistings: Delistings = ()) -> AssetFinder:
    """Every symbol is an equity that is listed on all sessions, its sid being its column.

    One that is delisted has its own end, and a day on which zipline closes what is held of it.

    Looked up once for all requests of the same symbols, because it takes longer than most runs.
    """
    equities = pd.DataFrame(
        {
            "symbol": list(symbols),
            "asset_name": list(symbols),
            "start_date": calendar.first_session,
            "end_date": calendar.last_session,
            "first_traded": calendar.first_session,
            "exchange": "NYSE",
        },
        index=range(len(symbols)),
    )
    equities["auto_close_date"] = pd.NaT
    for sid, end, close in delistings:
        equities.loc[sid, ["end_date", "auto_close_date"]] = [end, close]
    exchanges = pd.DataFrame(
        {"exchange": ["NYSE"], "canonical_name": ["NYSE"], "country_code": ["US"]}
    )
    engine = create_engine("sqlite://")
    AssetDBWriter(engine).write(equities=equities, exchanges=exchanges)
    return AssetFinder(engine)


def adjustments(actions: Actions, reader: Any) -> SQLiteAdjustmentReader | None:
    """Splits and dividends in a database in memory; none at all need no database."""
    if actions.splits is None and actions.dividends is None:
        return None
    connection = sqlite3.connect(":memory:")
    writer = SQLiteAdjustmentWriter(connection, reader)
    writer.write(splits=actions.splits, dividends=actions.dividends)
    return SQLiteAdjustmentReader(connection)


def calendar_of(count: int) -> tuple[Any, pd.DatetimeIndex]:
    """A calendar and as many of its sessions as there are bars."""
    calendar = get_calendar("XNYS") if count <= MOST else long_calendar()
    # Not the very first: zipline looks up midnight before it opens.
    return calendar, calendar.sessions[1 : count + 1]


@lru_cache(maxsize=1)
def long_calendar() -> Any:
    """Sessions for more bars than the usual calendar has, far into the future."""
    return get_calendar("XNYS", start=FIRST, end=pd.Timestamp("2200-12-31"))
