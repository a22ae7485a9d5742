"""How long a window is: so many bars, so much time, or so many calendar months."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.errors import WindowError

TEXT: Final = re.compile(r"(\d+)\s*([a-z]*)")
TIMES: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
MONTHS: Final = {"mo": 1, "y": 12}


@dataclass(frozen=True, slots=True)
class Months:
    """Calendar months; a day that a month lacks is its last one."""

    count: int

    def __str__(self) -> str:
        years, rest = divmod(self.count, 12)
        return f"{self.count}mo" if rest else f"{years}y"


Length = int | timedelta | Months


def read_length(text: str | Length) -> Length:
    """A length from text: ``500`` bars, ``30min``, ``12h``, ``90d``, ``6w``, ``6mo``, ``2y``."""
    if not isinstance(text, str):
        return text
    found = TEXT.fullmatch(text.strip().lower())
    number, unit = (int(found[1]), found[2]) if found else (0, "")
    if found and unit in MONTHS:
        return Months(number * MONTHS[unit])
    if found and unit in TIMES:
        return number * TIMES[unit]
    if found and unit in ("", "bars"):
        return number
    raise WindowError(f"{text!r} is no length; write 500 for bars, or 30min, 12h, 90d, 6w, 6mo, 2y")


def positive(length: Length, what: str) -> Length:
    """A length that is longer than nothing."""
    amount = length.count if isinstance(length, Months) else length
    if amount == abs(amount) and amount:
        return length
    raise WindowError(f"{what} is {length}; it must be longer than nothing")


def later(moment: datetime, length: timedelta | Months, times: int = 1) -> datetime:
    """So many lengths after a moment; before it if negative."""
    if isinstance(length, timedelta):
        return moment + times * length
    year, month = divmod(moment.year * 12 + moment.month - 1 + times * length.count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def told(length: Length) -> str:
    """A length in words that ``read_length`` reads."""
    if isinstance(length, timedelta):
        for unit in ("w", "d", "h", "min"):
            if length % TIMES[unit] == timedelta(0):
                return f"{length // TIMES[unit]}{unit}"
        return str(length)
    return str(length)
