"""Where to train and where to test: walk-forward windows as bars of one clock.

A window trains on the bars before its test and never on a later one. Tests follow one another
without overlap, so that every bar out of sample is traded exactly once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import WindowError
from engine.wfa.lengths import Length, Months, later, positive, read_length, told

Times = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Window:
    """Train on bars [train_start, train_end), test on [test_start, test_end)."""

    train_start: int
    train_end: int
    test_start: int
    test_end: int

    def __str__(self) -> str:
        return (
            f"train [{self.train_start}, {self.train_end}) "
            f"test [{self.test_start}, {self.test_end})"
        )


@dataclass(frozen=True, slots=True)
class Rolling:
    """Windows of one length that move on by ``step`` (the length of a test if None).

    Lengths are bars (``500``), time (``90d``) or calendar months (``6mo``), train and test of the
    same kind. ``anchored`` windows all start with the first bar. ``purge`` bars before each test
    are in neither: for signals or labels that look ahead, or fills that come late. In bars, a
    training keeps its length and the test moves; in time, the test stays and the training ends
    earlier. ``keep_short`` keeps a last test that the data cut short. ``from_end`` lays windows so
    that the last test ends with the last bar (bars only). ``start`` is where time is counted from,
    the first bar if None.
    """

    train: Length | str
    test: Length | str
    step: Length | str | None = None
    anchored: bool = False
    purge: int = 0
    keep_short: bool = True
    from_end: bool = False
    start: datetime | None = None

    def plan(self, clock: pl.Series) -> list[Window]:
        """The windows over a clock: sorted times, one per bar.

        Raises WindowError for lengths that do not fit the bars, or tests that overlap.
        """
        train = positive(read_length(self.train), "train")
        test = positive(read_length(self.test), "test")
        step = test if self.step is None else positive(read_length(self.step), "step")
        if self.purge < 0:
            raise WindowError(f"purge is {self.purge} bars; it must not be negative")
        if not isinstance(train, int) == isinstance(test, int) == isinstance(step, int):
            raise WindowError(
                f"train {told(train)}, test {told(test)} and step {told(step)}: give all in bars "
                "or all in time"
            )
        if isinstance(train, int) and isinstance(test, int) and isinstance(step, int):
            found = list(self._by_bars(len(clock), train, test, step))
        else:
            assert not isinstance(train, int)
            assert not isinstance(test, int)
            assert not isinstance(step, int)
            found = list(self._by_time(clock, train, test, step))
        if not found:
            raise WindowError(
                f"{len(clock):,} bars{_span(clock)} hold no window of train {told(train)}, purge "
                f"{self.purge} bars and test {told(test)}; shorten them or give more data"
            )
        return checked_windows(found, len(clock))

    def _by_bars(self, bars: int, train: int, test: int, step: int) -> Iterator[Window]:
        first = train + self.purge
        if self.from_end and bars - first >= test:
            first += (bars - first - test) % step
        for start in range(first, bars, step):
            if start + test > bars and not self.keep_short:
                return
            end = start - self.purge
            yield Window(0 if self.anchored else end - train, end, start, min(start + test, bars))

    def _by_time(
        self,
        clock: pl.Series,
        train: timedelta | Months,
        test: timedelta | Months,
        step: timedelta | Months,
    ) -> Iterator[Window]:
        if self.from_end:
            raise WindowError("from_end lays windows by bars; give train and test in bars")
        times, zone = _naive(clock)
        begin = zone if self.start is None else self.start.replace(tzinfo=None)
        first = later(begin, train)
        for number in itertools.count():
            start = later(first, step, number)
            end = later(start, test)
            low, high = _bar_at(times, start), _bar_at(times, end)
            cut = end > _last(times)
            if low >= len(times) or (cut and not self.keep_short):
                return
            back = _bar_at(times, begin if self.anchored else later(start, train, -1))
            if high > low:  # a closed market may leave a test without a bar
                yield Window(back, low - self.purge, low, high)


def checked_windows(windows: Sequence[Window], bars: int) -> list[Window]:
    """Windows in order that can be walked: every one trains before it tests, no test overlaps."""
    if not windows:
        raise WindowError("there is no window; give at least one")
    for number, one in enumerate(windows):
        if one.train_end - max(one.train_start, 0) < 2:
            raise WindowError(f"window {number}, {one}, trains on fewer than two bars")
        if not 0 <= one.train_start < one.train_end <= one.test_start < one.test_end <= bars:
            raise WindowError(
                f"window {number}, {one}, does not fit {bars:,} bars; it must train before it "
                "tests, and test on at least one bar"
            )
    for number, (one, other) in enumerate(itertools.pairwise(windows)):
        if other.test_start < one.test_end:
            raise WindowError(
                f"the tests of windows {number} and {number + 1} overlap, {one} and {other}; a bar "
                "out of sample is traded once: make the step at least as long as the test"
            )
    return list(windows)


def _naive(clock: pl.Series) -> tuple[Times, datetime]:
    """Times in UTC without their zone, and the first of them."""
    plain = clock.dt.cast_time_unit("us").dt.replace_time_zone(None)
    first = plain[0]
    return plain.to_numpy(), first


def _bar_at(times: Times, moment: datetime) -> int:
    """The first bar at or after a moment."""
    return int(np.searchsorted(times, np.datetime64(moment, "us"), side="left"))


def _last(times: Times) -> datetime:
    """One step after the last bar, as long as most steps are: where the data end."""
    steps = np.diff(times)
    step = np.sort(steps)[len(steps) // 2] if len(steps) else np.timedelta64(0, "us")
    end: datetime = (times[-1] + step).astype("datetime64[us]").item()
    return end


def _span(clock: pl.Series) -> str:
    return f" from {clock[0]} to {clock[-1]}" if len(clock) else ""
