"""A request's bars as zipline's minute market, every bar on its own minute of a trading calendar.

A minute is named by its end, as in zipline's bundles: a session of New York has 09:31 to 16:00, one
that never closes 00:01 to 00:00 of the next day. Minutes that have no bar are played without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from market import FIELDS, Market, adjustments, finder_of
from wire import Request, Unsupported
from zipline.data.bar_reader import NoDataOnDate
from zipline.data.bcolz_minute_bars import (
    OHLC_RATIO,
    BcolzMinuteBarMetadata,
    BcolzMinuteBarReader,
    BcolzMinuteBarWriter,
)
from zipline.data.data_portal import DataPortal
from zipline.data.resample import MinuteBarReader, MinuteResampleSessionBarReader
from zipline.utils.calendar_utils import get_calendar

MINUTE, MILLI = 60_000, 1_000_000
CALENDARS = {"XNYS": 390, "24/7": 1440}
YEARS = range(1993, 2031)
LARGEST = np.iinfo(np.uint32).max


class ExactMinutes(MinuteBarReader):
    """Minutes in memory, every price the double it is; zipline itself ships files only."""

    def __init__(self, request: Request, calendar: Any, sessions: pd.DatetimeIndex) -> None:
        self._calendar, self._sessions = calendar, sessions
        self._moments = request.clock * MILLI
        self._bars = {when: bar for bar, when in enumerate(self._moments.tolist())}
        self._values = {name: request.market[name] for name in FIELDS}
        self._values["volume"] = np.nan_to_num(request.market["volume"])
        bars = np.arange(len(self._moments))[:, None]
        traded = np.where(self._values["volume"] != 0, bars, -1)
        self._traded = np.maximum.accumulate(traded, axis=0)

    @property
    def trading_calendar(self) -> Any:
        """The calendar whose minutes these are."""
        return self._calendar

    @property
    def first_trading_day(self) -> pd.Timestamp:
        """The first session."""
        return self._sessions[0]

    @property
    def last_available_dt(self) -> pd.Timestamp:
        """The last minute of the last session."""
        return self._calendar.session_close(self._sessions[-1])

    def get_value(self, sid: Any, dt: pd.Timestamp, field: str) -> float:
        """The value as it was given; of a minute without a bar no price and no volume."""
        bar = self._bars.get(dt.value)
        if bar is None:
            if dt > self.last_available_dt:
                raise NoDataOnDate(dt)
            return 0.0 if field == "volume" else float("nan")
        return float(self._values[field][bar, int(sid)])

    def get_last_traded_dt(self, asset: Any, dt: pd.Timestamp) -> pd.Timestamp:
        """The last minute up to this one that has a volume."""
        bar = np.searchsorted(self._moments, dt.value, side="right") - 1
        bar = -1 if bar < 0 else self._traded[bar, int(asset)]
        return pd.NaT if bar < 0 else pd.Timestamp(self._moments[bar], tz="UTC")

    def load_raw_arrays(self, columns: Any, start_date: Any, end_date: Any, assets: Any) -> Any:
        """Values on all minutes of a time; zipline asks for them to find a dividend's share."""
        minutes = self._calendar.minutes_in_range(start_date, end_date).asi8
        places = np.searchsorted(minutes, self._moments)
        inside = (self._moments >= minutes[0]) & (self._moments <= minutes[-1])
        arrays = []
        for name in columns:
            array = np.full((len(minutes), len(assets)), 0.0 if name == "volume" else np.nan)
            array[places[inside]] = self._values[name][inside][:, np.asarray(assets, dtype=int)]
            arrays.append(array)
        return arrays


class StoredMinutes(BcolzMinuteBarReader):
    """The bundles' own reader on a calendar that does not end a year from now."""

    def __init__(self, folder: str, metadata: BcolzMinuteBarMetadata) -> None:
        self._told = metadata
        super().__init__(folder)

    def _get_metadata(self) -> BcolzMinuteBarMetadata:
        return self._told


@contextmanager
def exact_minutes(request: Request, actions: Callable[[Any], Any]) -> Iterator[Market]:
    """All of it in memory."""
    calendar, sessions, days = sessions_of(request)
    yield market_of(
        request, calendar, sessions, ExactMinutes(request, calendar, sessions), actions(days)
    )


@contextmanager
def bundle_minutes(request: Request, actions: Callable[[Any], Any]) -> Iterator[Market]:
    """Written and read as a bundle's minutes; the folder is gone afterwards."""
    check(request)
    calendar, sessions, days = sessions_of(request)
    told = BcolzMinuteBarMetadata(
        OHLC_RATIO, None, calendar, sessions[0], sessions[-1], CALENDARS[calendar.name]
    )
    with TemporaryDirectory(prefix="zipline-") as folder:
        writer = BcolzMinuteBarWriter(
            folder, calendar, sessions[0], sessions[-1], told.minutes_per_day, expectedlen=1
        )
        writer.write(frames(request))
        yield market_of(request, calendar, sessions, StoredMinutes(folder, told), actions(days))


def frames(request: Request) -> Iterator[tuple[int, pd.DataFrame]]:
    """The bars each symbol has; a bar without a volume has none."""
    minutes = pd.DatetimeIndex(request.clock * MILLI, tz="UTC")
    for sid in range(len(request.symbols)):
        columns = {name: request.market[name][:, sid].copy() for name in FIELDS}
        columns["volume"] = np.nan_to_num(columns["volume"])
        yield sid, pd.DataFrame(columns, index=minutes)


def check(request: Request) -> None:
    """What a bundle would turn into some other number, silently."""
    if any((request.market[name] < 0).any() for name in FIELDS):
        raise Unsupported("a bundle holds no negative price")


def market_of(
    request: Request, calendar: Any, sessions: pd.DatetimeIndex, reader: Any, actions: Any
) -> Market:
    """All that zipline asks about; dividends compare with the sessions rolled up from minutes."""
    portal = DataPortal(
        finder_of(request.symbols, calendar),
        calendar,
        sessions[0],
        equity_minute_reader=reader,
        adjustment_reader=adjustments(actions, MinuteResampleSessionBarReader(calendar, reader)),
    )
    return Market(calendar, sessions, portal, request.clock * MILLI)


def sessions_of(request: Request) -> tuple[Any, pd.DatetimeIndex, pd.DatetimeIndex]:
    """The calendar, its sessions from the first bar to the last, and the session of every bar."""
    clock, name = request.clock, request.options.get("calendar", "XNYS")
    years = [pd.Timestamp(int(when), unit="ms").year for when in (clock[0], clock[-1])]
    if name == "XNYS" and not (years[0] in YEARS and years[1] in YEARS):
        raise Unsupported(
            f"sessions of {name} before {YEARS[0]} and after {YEARS[-1]} are left out"
        )
    calendar = calendar_of(name, *years)
    opens = calendar.first_minutes.to_numpy().astype("datetime64[ms]").astype(np.int64)
    closes = calendar.closes.to_numpy().astype("datetime64[ms]").astype(np.int64)
    place = np.searchsorted(opens, clock, side="right") - 1
    outside = (clock > closes[place]) | (clock % MINUTE != 0)
    if outside.any():
        when = pd.Timestamp(int(clock[outside][0]), unit="ms", tz="UTC")
        raise Unsupported(f"{when} is no minute of a session of {name}")
    sessions = calendar.sessions
    return calendar, sessions[place[0] : place[-1] + 1], sessions[place]


@lru_cache(maxsize=16)
def calendar_of(name: str, first: int, last: int) -> Any:
    """A calendar from the year before to the year after, made once for all requests."""
    return get_calendar(
        name, start=pd.Timestamp(f"{first - 1}-12-01"), end=pd.Timestamp(f"{last + 1}-01-31")
    )
