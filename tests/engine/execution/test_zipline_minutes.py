"""zipline by minutes: what a session is, and what happens when one ends.

Outcomes come from zipline-reloaded 3.2.1 and can be followed by hand. A million shares are traded a
minute unless a story says otherwise, and cash is 1000.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from zipline_told import buy, fills, limit, request_of, states

from engine.execution.records import Ledger, Refused, Unsupported
from engine.execution.zipline import run
from engine.execution.zipline.clock import clock_of
from engine.execution.zipline.new_york import is_summer, sessions

NAN = math.nan
TUESDAY = ["2024-01-02T20:59", "2024-01-02T21:00"]
NIGHT = [*TUESDAY, "2024-01-03T14:31", "2024-01-03T14:32"]


def asked(times, closes, orders, **options):
    request = request_of(closes, orders, data_frequency="minute", **options)
    return replace(request, clock=np.array(times, dtype="datetime64[ms]").astype(np.int64))


def told(times, closes, orders, **options) -> Ledger:
    """Play it both ways; scanning and jumping must leave the same bytes."""
    request = asked(times, closes, orders, **options)
    ledger, scanned = run(request), run(request, skip=False)
    for name in ("orders", "fills", "cash", "equity"):
        assert getattr(ledger, name).tobytes() == getattr(scanned, name).tobytes()
    return ledger


class TestSessions:
    @pytest.mark.parametrize(
        ("day", "opens", "closes"),
        [
            (date(2024, 1, 2), "2024-01-02T14:30", "2024-01-02T21:00"),
            (date(2024, 7, 2), "2024-07-02T13:30", "2024-07-02T20:00"),
            (date(2019, 11, 29), "2019-11-29T14:30", "2019-11-29T18:00"),
            (date(2018, 12, 24), "2018-12-24T14:30", "2018-12-24T18:00"),
        ],
    )
    def test_new_york_opens_at_half_past_nine(self, day, opens, closes):
        day_number = (day - date(1970, 1, 1)).days
        hours = np.concatenate(sessions(day_number, 1))
        assert hours.tolist() == [
            int(np.datetime64(time, "m").astype(np.int64)) for time in (opens, closes)
        ]

    @pytest.mark.parametrize(
        "day",
        [
            date(2024, 1, 1), date(2024, 1, 6), date(2018, 12, 5), date(2001, 9, 11),
            date(1992, 12, 31), date(2031, 1, 2),
        ],
    )  # fmt: skip
    def test_on_some_days_there_is_none(self, day):
        opens, closes = sessions((day - date(1970, 1, 1)).days, 1)
        assert opens[0] > closes[0]

    @pytest.mark.parametrize(
        ("day", "summer"),
        [
            (date(2020, 3, 7), False), (date(2020, 3, 8), True), (date(2020, 10, 31), True),
            (date(2020, 11, 1), False), (date(2006, 4, 1), False), (date(2006, 4, 2), True),
            (date(2006, 10, 28), True), (date(2006, 10, 29), False),
        ],
    )  # fmt: skip
    def test_clocks_are_turned_on_sundays(self, day, summer):
        assert is_summer(day) == summer

    def test_bars_know_their_session(self):
        clock = clock_of(asked(NIGHT, [1, 1, 1, 1], [buy(0, 1)]))
        assert clock.first.tolist() == [0, 0, 2, 2]
        assert clock.last.tolist() == [1, 1, 3, 3]

    def test_midnight_ends_a_session_that_never_closes(self):
        times = ["2024-01-06T23:59", "2024-01-07T00:00", "2024-01-07T00:01"]
        clock = clock_of(asked(times, [1, 1, 1], [buy(0, 1)], calendar="24/7"))
        assert clock.last.tolist() == [1, 1, 2]

    @pytest.mark.parametrize(
        "time",
        ["2024-01-02T14:30", "2024-01-02T21:01", "2024-01-06T15:00", "2024-01-02T15:00:30"],
    )
    def test_other_minutes_cannot_be_played(self, time):
        with pytest.raises(Unsupported, match="is no minute of a session of XNYS"):
            run(asked([time], [10], [buy(0, 1)]))


class TestTheEndOfASession:
    def test_an_order_of_the_last_minute_fills_on_the_first(self):
        assert fills(told(NIGHT, [10, 11, 14, 15], [buy(1, 5)])) == [(2, 5, 14)]

    def test_all_that_waits_is_cancelled(self):
        orders = [limit(0, 10, 8), limit(0, 20, 8), buy(1, 5), buy(2, 7)]
        ledger = told(NIGHT, [10, 10, 7, 7], orders, cancel_policy="end_of_day")
        assert fills(ledger) == [(3, 7, 7)]
        assert states(ledger) == [("cancelled", 1, bought) for bought in (10, 20, 5)] + [
            ("filled", 3, 7)
        ]

    def test_a_part_that_was_filled_stays(self):
        ledger = told(NIGHT, [10] * 4, [buy(0, 250)], volume=1000, cancel_policy="end_of_day")
        assert fills(ledger) == [(1, 100, 10)]

    def test_a_split_comes_before_the_first_minute_of_its_session(self):
        # Told for the session's second minute: 100 shares are 200 on its first.
        ledger = told(NIGHT, [10, 10, 5, 5], [buy(0, 100), buy(1, 7)], splits="3:0.5")
        assert fills(ledger) == [(1, 100, 10), (2, 14, 5)]
        assert ledger.equity[:, 0].tolist() == [1000, 1000, 1000, 1000]

    def test_nothing_left_when_a_session_begins_stops_the_run_when_it_ends(self):
        times = ["2024-01-02T20:58", *NIGHT]
        with pytest.raises(Refused, match="worth nothing") as stopped:
            run(asked(times, [10, 10, 20, 15, 15], [buy(0, -100)]))
        assert stopped.value.bar == 4

    def test_nothing_left_for_a_minute_of_a_session_does_no_harm(self):
        ledger = told(NIGHT, [10, 10, 20, 15], [buy(0, -100)])
        assert ledger.equity[:, 0].tolist() == [1000, 1000, 0, 500]


class TestMinutesWithout:
    def test_a_close_without_a_volume_is_forgotten(self):
        times = [f"2024-01-02T15:0{minute}" for minute in range(4)]
        closes = [[10, 10, 15, NAN], [20, 20, 20, 20]]
        volume = [[1e6, 1e6], [1e6, 1e6], [0, 1e6], [0, 1e6]]
        ledger = told(times, closes, [buy(0, 10)], volume=volume)
        assert ledger.equity[:, 0].tolist() == [1000, 1000, 1050, 1000]

    def test_a_volume_without_a_close_leaves_no_price_but_the_worth(self):
        times = [f"2024-01-02T15:0{minute}" for minute in range(3)]
        ledger = told(times, [10, 12, NAN], [buy(0, 10)], volume=[1e6, 1e6, 1e6])
        assert ledger.equity[:, 0].tolist() == [1000, 1000, 1000]
        with pytest.raises(Refused, match="needs a price"):
            run(asked(times, [10, 12, NAN], [buy(2, 10, unit="value")], volume=[1e6, 1e6, 1e6]))

    def test_a_dividend_scales_by_the_close_of_the_session_before(self):
        friday, monday = ["2024-01-05T20:59", "2024-01-05T21:00"], ["2024-01-08T14:31"]
        closes = [[10, 10, NAN], [20, 20, 20]]
        told_so = {"dividends": ["2:never:0.5", ""], "volume": [[1e6, 1e6], [1e6, 1e6], [0, 1e6]]}
        ledger = told([*friday, *monday], closes, [buy(0, 100)], **told_so)
        # One twentieth of the last close: 100 shares are valued at 9.5.
        assert ledger.equity[-1, 0] == 950
        endless = told([*friday, *monday], closes, [buy(0, 100)], calendar="24/7", **told_so)
        assert endless.equity[-1, 0] == 1000

    def test_one_number_too_large_for_a_bundle_spoils_its_bar(self):
        times = [f"2024-01-02T15:0{minute}" for minute in range(3)]
        request = asked(times, [10, 11, 12], [buy(0, 5)], route="bundle")
        highs = np.array([[10.0], [5e6], [12.0]])
        spoilt = replace(request, market=request.market._replace(high=highs))
        assert fills(run(request)) == [(1, 5, 11)]
        assert fills(run(spoilt)) == [(2, 5, 12)]
