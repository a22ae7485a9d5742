"""Metrics of a run that can be added up by hand."""

import math
from datetime import UTC, datetime

import polars as pl
import pytest

from engine.metrics import measure
from engine.schema import EQUITY, FILLS, TRADES

DAYS = [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]


def fills() -> pl.DataFrame:
    """Buy 5 at 10 for a fee of 1 on the first day, sell them at 12 for a fee of 1 on the last."""
    return pl.DataFrame(
        {
            "fill_id": [0, 1],
            "order_id": [0, 1],
            "timestamp": [DAYS[0], DAYS[3]],
            "symbol": ["A", "A"],
            "quantity": [5.0, -5.0],
            "price": [10.0, 12.0],
            "commission": [1.0, 1.0],
        },
        schema=FILLS,
    )


def equity() -> pl.DataFrame:
    """Closes of 10, 8, 12 and 12 on a start of 100."""
    return pl.DataFrame(
        {
            "timestamp": DAYS,
            "account": ["A"] * 4,
            "cash": [49.0, 49.0, 49.0, 108.0],
            "equity": [99.0, 89.0, 109.0, 108.0],
        },
        schema=EQUITY,
    )


def trades() -> pl.DataFrame:
    pnl = [8.0, -2.0, 0.0, 5.0]
    plain = dict.fromkeys(("position_id", "trade_id"), range(4))
    money = {name: [0.0] * 4 for name, dtype in TRADES.items() if dtype == pl.Float64()}
    times = {"entry_time": DAYS, "exit_time": DAYS}
    status = ["closed", "closed", "closed", "open"]
    return pl.DataFrame(
        {**plain, "symbol": ["A"] * 4, **times, **money, "pnl": pnl, "status": status}
    ).select(pl.col(name).cast(dtype) for name, dtype in TRADES.items())


def measured(some_trades: pl.DataFrame | None) -> dict[str, float]:
    frame = measure(equity(), fills(), some_trades)
    return dict(zip(frame["name"], frame["value"], strict=True))


def test_returns_start_before_the_first_bars_costs() -> None:
    values = measured(trades())
    assert values["start_equity"] == 100.0
    assert values["total_return"] == pytest.approx(0.08)
    assert values["max_drawdown"] == pytest.approx(89 / 100 - 1)


def test_only_closed_trades_win_or_lose() -> None:
    values = measured(trades())
    assert values["trade_count"] == 3
    assert values["open_trade_count"] == 1
    assert values["win_rate"] == pytest.approx(1 / 3)
    assert values["profit_factor"] == 4.0
    assert values["pnl"] == 11.0


def test_costs_and_turnover_come_from_the_fills() -> None:
    values = measured(trades())
    assert values["commission"] == 2.0
    assert values["traded_value"] == 110.0


def test_what_is_undefined_is_nan() -> None:
    assert math.isnan(measured(None)["win_rate"])
    assert math.isnan(measured(trades().clear())["profit_factor"])
