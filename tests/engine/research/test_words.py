"""Numbers as people read them."""

from datetime import UTC, date, datetime, timedelta
from math import inf, nan

import pytest

from engine.metrics import CATALOGUE
from engine.research.words import (
    metric_name,
    metric_value,
    moment,
    number,
    percent,
    plain,
    short,
    signed,
    span,
    whole,
)

MINUS, NONE = "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (percent(0.12345), "12.35 %"),
        (percent(-0.5, 0), f"{MINUS}50 %"),
        (percent(-0.000001), "0.00 %"),
        (signed(0.1), "+10.00 %"),
        (number(1234.567), "1,234.57"),
        (number(nan), NONE),
        (signed(1.5e9), "+1.5e11 %"),
        (number(-2.5e12), f"{MINUS}2.5e12"),
        (percent(inf), "∞"),
        (number(-inf), f"{MINUS}∞"),
        (short(1.5), "1.50"),
        (short(0.05), "0.0500"),
        (short(0.0), "0.00"),
        (short(2500.0), "2,500"),
        (short(3e12), "3.0e12"),
        (short(-2e-5), f"{MINUS}2.0e{MINUS}5"),
        (whole(1234567.0), "1,234,567"),
        (moment(datetime(2024, 1, 2, tzinfo=UTC)), "2024-01-02"),
        (moment(datetime(2024, 1, 2, 3, 4, tzinfo=UTC)), "2024-01-02 03:04"),
        (moment(None), NONE),
        (span(timedelta(days=400, hours=5)), "400 d"),
        (span(timedelta(days=2, hours=5)), "2 d 5 h"),
        (span(timedelta(hours=2, minutes=5)), "2 h 5 min"),
        (span(timedelta(minutes=5)), "5 min"),
        (plain(True), "yes"),
        (plain(0.12345), "0.1235"),
        (plain(12345), "12,345"),
        (plain(date(2024, 1, 2)), "2024-01-02"),
        (metric_value("max_drawdown", -0.25), f"{MINUS}25.00 %"),
        (metric_value("trade_count", 12.0), "12"),
        (metric_value("sharpe", 1.234), "1.23"),
        (metric_name("max_drawdown"), "Max drawdown"),
        (metric_name("cagr"), "CAGR"),
    ],
)  # fmt: skip
def test_words(told, text):
    assert told == text


def test_every_metric_has_a_name_and_a_text():
    for metric in CATALOGUE:
        assert metric_name(metric.name)[0].isupper()
        assert metric_value(metric.name, 0.5)
        assert metric_value(metric.name, nan) == NONE
