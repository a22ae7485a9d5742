"""Numbers as people read them; what is undefined is a dash."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from engine.metrics.catalogue import CATALOGUE

# What is larger is written with a power of ten: a year of a lucky minute is a long number.
HUGE = 1e9
NONE, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
UNITS = {metric.name: metric.unit for metric in CATALOGUE}
# Names that are no plain words with underscores.
NAMED = {
    "cagr": "CAGR",
    "sqn": "SQN",
    "pnl": "PnL",
    "mean_pnl": "Mean PnL",
    "r_squared": "R²",
    "stability": "Stability (R²)",
    "value_at_risk": "Value at risk, 5 %",
    "conditional_value_at_risk": "Expected shortfall, 5 %",
    "probabilistic_sharpe": "Probabilistic Sharpe",
    "commission": "Costs",
    "n_days_in_market": "Days in market",
    "n_bars": "Bars",
    "n_nans": "Bars without return",
    "periods_per_year": "Bars per year",
}


def percent(value: float, digits: int = 2) -> str:
    """A fraction as a percentage: 0.1234 is 12.34 %."""
    return _said(value, lambda: f"{_written(value * 100, digits)} %")


def signed(value: float, digits: int = 2) -> str:
    """The same with its sign: +12.34 %."""
    return _said(value, lambda: f"{_written(value * 100, digits, '+')} %")


def number(value: float, digits: int = 2) -> str:
    """A number with so many decimals and its thousands apart; a huge one as 1.2e15."""
    return _said(value, lambda: _written(value, digits))


def short(value: float) -> str:
    """A number in the six or so letters that an axis has room for."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 0.001:
        return _said(value, lambda: _powered(value))
    return number(value, 0 if size >= 1000 else 4 if 0 < size < 0.1 else 2)


def whole(value: float) -> str:
    """A count."""
    return _said(value, lambda: f"{value:z,.0f}")


def moment(value: date | None) -> str:
    """A day, and the minute where it is not midnight, in UTC."""
    if value is None:
        return NONE
    if isinstance(value, datetime) and (value.hour or value.minute or value.second):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:%Y-%m-%d}"


def span(value: timedelta | None) -> str:
    """A length of time in its two largest units: 12 d 4 h."""
    if value is None:
        return NONE
    minutes = round(value.total_seconds() / 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days:,} d" + (f" {hours} h" if hours and days < 30 else "")
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def metric_name(name: str) -> str:
    """A metric's name for people: max_drawdown is Max drawdown."""
    return NAMED.get(name, name.replace("_", " ").capitalize())


def metric_value(name: str, value: float) -> str:
    """A metric in its own unit."""
    unit = UNITS.get(name, "ratio")
    if unit == "fraction":
        return percent(value)
    if unit in ("bars", "count", "days") and (math.isnan(value) or value == int(value)):
        return whole(value)
    return number(value, 4 if unit == "money" and abs(value) < 10 else 2)


def plain(value: Any) -> str:
    """Any cell of a table."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, 4 if abs(value) < 1 else 2)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, timedelta):
        return span(value)
    return moment(value) if isinstance(value, date) else str(value)


def _written(value: float, digits: int, sign: str = "") -> str:
    return _powered(value, sign) if abs(value) >= HUGE else f"{value:{sign}z,.{digits}f}"


def _powered(value: float, sign: str = "") -> str:
    digits, _, power = f"{value:{sign}.1e}".partition("e")
    return f"{digits}e{int(power)}"


def _said(value: float, say: Any) -> str:
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return str(say()).replace("-", MINUS)
