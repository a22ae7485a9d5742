"""Which bars share a session: in a daily simulation none do, by minutes its calendar says."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.execution.arrays import frozen
from engine.execution.kernel import entry
from engine.execution.records import Ints, Request, Unsupported
from engine.execution.zipline import new_york
from engine.execution.zipline.options import CALENDARS, FREQUENCIES, word

MINUTE, DAY = 60_000, 86_400_000
# New York never closed for longer than so many days.
BEFORE = 14


class Clock(NamedTuple):
    """The last bar of every session that has one.

    By minutes also the millisecond of every bar, and for each day from ``start`` on, counted from
    the epoch, the milliseconds of opening and closing; in a daily simulation these are empty.
    """

    ends: Ints
    time: Ints
    start: int
    opens: Ints
    closes: Ints

    @property
    def by_minute(self) -> bool:
        """Whether bars are minutes."""
        return len(self.time) > 0

    def first(self, bar: int) -> int:
        """The first bar of a bar's session."""
        place = int(np.searchsorted(self.ends, bar))
        return int(self.ends[place - 1]) + 1 if place else 0

    def date(self, bar: int) -> int:
        """The millisecond at which the date of a bar's session begins."""
        return day_of(int(self.time[bar])) * DAY

    def session_before(self, bar: int) -> int:
        """The place of the calendar's last session before a bar's own."""
        place = day_of(int(self.time[bar])) - self.start - 1
        while self.opens[place] >= self.closes[place]:
            place -= 1
        return place


def clock_of(request: Request) -> Clock:
    """Raises Unsupported where a bar is no minute of a session."""
    bars, none = len(request.market.close), np.empty(0, dtype=np.int64)
    calendar = word(request.options, "calendar", CALENDARS)
    if word(request.options, "data_frequency", FREQUENCIES) == "daily":
        return Clock(frozen(np.arange(bars), np.int64), none, 0, none, none)
    if request.clock is None:
        raise ValueError("a simulation by minutes needs the times of its bars")
    return minutes_of(frozen(request.clock, np.int64), calendar)


def minutes_of(time: Ints, calendar: str) -> Clock:
    """Every bar in the session whose minute it is; a minute is named by its end."""
    start = day_of(int(time[0])) - BEFORE
    hours = sessions_of(calendar, start, day_of(int(time[-1])) + 1 - start)
    opens, closes = (frozen(minutes * MINUTE, np.int64) for minutes in hours)
    ends = np.empty(len(opens), dtype=np.int64)
    sessions = find_ends(time, opens, closes, ends)
    if sessions < 0:
        moment = np.datetime64(int(time[-1 - sessions]), "ms")
        raise Unsupported(
            f"{moment} is no minute of a session of {calendar}; zipline names a minute by its end"
        )
    return Clock(frozen(ends[:sessions], np.int64), time, start, opens, closes)


def day_of(time: int) -> int:
    """The day of the epoch whose session may have a minute that ends then."""
    return (time - 1) // DAY


def sessions_of(calendar: str, start: int, count: int) -> tuple[Ints, Ints]:
    """The minutes at which days open and close; the calendar 24/7 never pauses."""
    if calendar == "XNYS":
        return new_york.sessions(start, count)
    days = start + np.arange(count)
    return days * 1440, (days + 1) * 1440


@entry
def find_ends(time: Ints, opens: Ints, closes: Ints, ends: Ints) -> int:
    """Write the last bar of every session; returns how many, or -1 - bar of a bar without one."""
    count = day = now = 0
    for bar in range(len(time)):
        before, now = now, time[bar]
        if now > closes[day]:
            if bar > 0:
                ends[count] = bar - 1
                count += 1
            while now > closes[day] and day < len(closes) - 1:
                day += 1
        outside = now <= opens[day] or now > closes[day]
        if outside or (now - before != MINUTE and now % MINUTE != 0):
            return -1 - bar
    ends[count] = len(time) - 1
    return count + 1
