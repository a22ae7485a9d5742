"""The sessions of the New York Stock Exchange, as zipline's calendar XNYS has them.

A session has the minutes that end from 09:31 to 16:00 on New York's clock, half a session those to
13:00. Closed weekdays and half sessions from exchange-calendars 4.13.2, which zipline asks.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from engine.execution.records import Ints

FIRST, LAST = 1993, 2030
OPENS, CLOSES, HALF_CLOSES = 9 * 60 + 30, 16 * 60, 13 * 60

# Month and day of the weekdays without a session, and of the half sessions.
CLOSED = {
    1993: "0101 0215 0409 0531 0705 0906 1125 1224",
    1994: "0221 0401 0427 0530 0704 0905 1124 1226",
    1995: "0102 0220 0414 0529 0704 0904 1123 1225",
    1996: "0101 0219 0405 0527 0704 0902 1128 1225",
    1997: "0101 0217 0328 0526 0704 0901 1127 1225",
    1998: "0101 0119 0216 0410 0525 0703 0907 1126 1225",
    1999: "0101 0118 0215 0402 0531 0705 0906 1125 1224",
    2000: "0117 0221 0421 0529 0704 0904 1123 1225",
    2001: "0101 0115 0219 0413 0528 0704 0903 0911 0912 0913 0914 1122 1225",
    2002: "0101 0121 0218 0329 0527 0704 0902 1128 1225",
    2003: "0101 0120 0217 0418 0526 0704 0901 1127 1225",
    2004: "0101 0119 0216 0409 0531 0611 0705 0906 1125 1224",
    2005: "0117 0221 0325 0530 0704 0905 1124 1226",
    2006: "0102 0116 0220 0414 0529 0704 0904 1123 1225",
    2007: "0101 0102 0115 0219 0406 0528 0704 0903 1122 1225",
    2008: "0101 0121 0218 0321 0526 0704 0901 1127 1225",
    2009: "0101 0119 0216 0410 0525 0703 0907 1126 1225",
    2010: "0101 0118 0215 0402 0531 0705 0906 1125 1224",
    2011: "0117 0221 0422 0530 0704 0905 1124 1226",
    2012: "0102 0116 0220 0406 0528 0704 0903 1029 1030 1122 1225",
    2013: "0101 0121 0218 0329 0527 0704 0902 1128 1225",
    2014: "0101 0120 0217 0418 0526 0704 0901 1127 1225",
    2015: "0101 0119 0216 0403 0525 0703 0907 1126 1225",
    2016: "0101 0118 0215 0325 0530 0704 0905 1124 1226",
    2017: "0102 0116 0220 0414 0529 0704 0904 1123 1225",
    2018: "0101 0115 0219 0330 0528 0704 0903 1122 1205 1225",
    2019: "0101 0121 0218 0419 0527 0704 0902 1128 1225",
    2020: "0101 0120 0217 0410 0525 0703 0907 1126 1225",
    2021: "0101 0118 0215 0402 0531 0705 0906 1125 1224",
    2022: "0117 0221 0415 0530 0620 0704 0905 1124 1226",
    2023: "0102 0116 0220 0407 0529 0619 0704 0904 1123 1225",
    2024: "0101 0115 0219 0329 0527 0619 0704 0902 1128 1225",
    2025: "0101 0109 0120 0217 0418 0526 0619 0704 0901 1127 1225",
    2026: "0101 0119 0216 0403 0525 0619 0703 0907 1126 1225",
    2027: "0101 0118 0215 0326 0531 0618 0705 0906 1125 1224",
    2028: "0117 0221 0414 0529 0619 0704 0904 1123 1225",
    2029: "0101 0115 0219 0330 0528 0619 0704 0903 1122 1225",
    2030: "0101 0121 0218 0419 0527 0619 0704 0902 1128 1225",
}
HALF = {
    1993: "1126",
    1994: "1125",
    1995: "0703 1124",
    1996: "0705 1129 1224",
    1997: "0703 1128 1224 1226",
    1998: "1127 1224",
    1999: "1126 1231",
    2000: "0703 1124",
    2001: "0703 1123 1224",
    2002: "0705 1129 1224",
    2003: "0703 1128 1224 1226",
    2004: "1126",
    2005: "1125",
    2006: "0703 1124",
    2007: "0703 1123 1224",
    2008: "0703 1128 1224",
    2009: "1127 1224",
    2010: "1126",
    2011: "1125",
    2012: "0703 1123 1224",
    2013: "0703 1129 1224",
    2014: "0703 1128 1224",
    2015: "1127 1224",
    2016: "1125",
    2017: "0703 1124",
    2018: "0703 1123 1224",
    2019: "0703 1129 1224",
    2020: "1127 1224",
    2021: "1126",
    2022: "1125",
    2023: "0703 1124",
    2024: "0703 1129 1224",
    2025: "0703 1128 1224",
    2026: "1127 1224",
    2027: "1126",
    2028: "0703 1124",
    2029: "0703 1123 1224",
    2030: "0703 1129 1224",
}


def sessions(first: int, count: int) -> tuple[Ints, Ints]:
    """Opening and closing minute, of the epoch, of so many days from day ``first`` of the epoch.

    A day without a session closes before it opens.
    """
    days = [date(1970, 1, 1) + timedelta(first + place) for place in range(count)]
    minutes = np.array([hours(day) for day in days], dtype=np.int64).reshape(-1, 2)
    minutes += (first + np.arange(count))[:, None] * 1440
    return minutes[:, 0], minutes[:, 1]


def hours(day: date) -> tuple[int, int]:
    """The minutes of a day, in UTC, at which a session opens and closes."""
    name = day.strftime("%m%d")
    if day.weekday() > 4 or not FIRST <= day.year <= LAST or name in CLOSED[day.year].split():
        return 0, -1
    behind = 240 if is_summer(day) else 300
    close = HALF_CLOSES if name in HALF[day.year].split() else CLOSES
    return OPENS + behind, close + behind


def is_summer(day: date) -> bool:
    """Daylight saving time: since 2007 from the second Sunday of March to the first of November."""
    if day.year >= 2007:
        return sunday(date(day.year, 3, 8)) <= day < sunday(date(day.year, 11, 1))
    return sunday(date(day.year, 4, 1)) <= day < sunday(date(day.year, 10, 25))


def sunday(day: date) -> date:
    """The first Sunday from a day on."""
    return day + timedelta(6 - day.weekday())
