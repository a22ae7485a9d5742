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


class Clock(NamedTuple):
    """First and last bar of the session of every bar.

    By minutes also the millisecond of every bar, of its session's date, and of the close of the
    session before it; in a daily simulation these are empty. ``number`` counts the calendar's
    sessions.
    """

    first: Ints
    last: Ints
    time: Ints
    date: Ints
    before: Ints
    number: Ints

    @property
    def by_minute(self) -> bool:
        """Whether bars are minutes."""
        return len(self.time) > 0


def clock_of(request: Request) -> Clock:
    """Raises Unsupported where a bar is no minute of a session."""
    bars, none = len(request.market.close), np.empty(0, dtype=np.int64)
    calendar = word(request.options, "calendar", CALENDARS)
    if word(request.options, "data_frequency", FREQUENCIES) == "daily":
        each = frozen(np.arange(bars), np.int64)
        return Clock(each, each, none, none, none, none)
    if request.clock is None:
        raise ValueError("a simulation by minutes needs the times of its bars")
    return minutes_of(request.clock, calendar)


def minutes_of(time: Ints, calendar: str) -> Clock:
    """Every bar in the session whose minute it is; a minute is named by its end."""
    start = day_of(int(time[0])) - 14
    opens, closes = sessions_of(calendar, start, day_of(int(time[-1])) + 1 - start)
    day, first, last = np.empty((3, len(time)), dtype=np.int64)
    wrong = place(time, start, opens * MINUTE, closes * MINUTE, day, first, last)
    if wrong >= 0:
        moment = np.datetime64(int(time[wrong]), "ms")
        raise Unsupported(
            f"{moment} is no minute of a session of {calendar}; zipline names a minute by its end"
        )
    held = np.flatnonzero(opens < closes)
    numbers = np.searchsorted(held, day)
    before = closes[held[numbers - 1]] * MINUTE
    arrays = (first, last, time, (day + start) * DAY, before, numbers)
    return Clock(*(frozen(array, np.int64) for array in arrays))


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
def place(
    time: Ints, start: int, opens: Ints, closes: Ints, day: Ints, first: Ints, last: Ints
) -> int:
    """Write day, first and last bar of every bar's session; returns a bar that has none, or -1."""
    begun = 0
    for bar in range(len(time)):
        today = (time[bar] - 1) // DAY - start
        if time[bar] <= opens[today] or time[bar] > closes[today] or time[bar] % MINUTE != 0:
            return bar
        day[bar] = today
        if bar > 0 and day[bar - 1] != today:
            last[begun:bar] = bar - 1
            begun = bar
        first[bar] = begun
    last[begun:] = len(time) - 1
    return -1
