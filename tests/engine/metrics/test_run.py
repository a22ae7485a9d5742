"""Metrics of a run that can be added up by hand."""

import math
from datetime import UTC, datetime

import polars as pl
import pytest

from engine.metrics import Convention, measure
from engine.metrics.activity import in_market
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


def test_the_position_of_four_days() -> None:
    values = measured(trades())
    assert values["exposure"] == 0.75  # bought on the first day, sold on the last
    assert values["n_days_in_market"] == 3


def test_what_trading_cost() -> None:
    values = measured(trades())
    assert values["turnover"] == pytest.approx(110 / ((99 + 89 + 109 + 108) / 4))
    assert values["annual_turnover"] == pytest.approx(values["turnover"] * 252 / 4)
    assert values["cost_share"] == pytest.approx(2 / 10)  # 8 are left of 10


def test_the_clock_gives_the_length_of_a_year() -> None:
    assert measured(trades())["periods_per_year"] == 252
    told = measure(equity(), fills(), None, convention=Convention(periods_per_year=365))
    assert dict(told.iter_rows())["cagr"] == pytest.approx(1.08 ** (365 / 4) - 1)


def test_sizes_of_trades() -> None:
    values = measured(trades())  # 8, -2 and 0 closed, 5 open
    assert values["average_win"] == 8.0
    assert values["average_loss"] == -2.0
    assert values["payoff_ratio"] == 4.0
    assert values["mean_pnl"] == 2.0
    assert values["sqn"] == pytest.approx(2 / math.sqrt((36 + 16 + 4) / 2) * math.sqrt(3))
    assert values["kelly"] == pytest.approx(1 / 3 - (2 / 3) / 4)
    assert (values["win_run"], values["loss_run"]) == (1, 1)


def test_trades_that_last() -> None:
    later = [day.replace(hour=12) for day in DAYS]
    times = pl.Series("exit_time", later, dtype=TRADES["exit_time"])
    returns = pl.Series("return", [0.1, -0.02, 0.01, 9.0])
    values = measured(trades().with_columns(times, returns))
    assert values["mean_trade_days"] == values["longest_trade_days"] == 0.5
    assert values["expectancy"] == pytest.approx(0.03)
    assert (values["best_trade"], values["worst_trade"]) == (0.1, -0.02)


def test_two_symbols_that_take_turns_are_in_the_market_all_along() -> None:
    told = {
        "timestamp": [DAYS[0], DAYS[2], DAYS[1], DAYS[2]],
        "symbol": ["A", "A", "B", "B"],
        "quantity": [1.0, -1.0, -2.0, 1.0],
    }
    held = in_market(pl.DataFrame(told), pl.Series("timestamp", DAYS))
    assert held.to_list() == [True, True, True, True]
    held = in_market(pl.DataFrame(told).head(2), pl.Series("timestamp", DAYS))
    assert held.to_list() == [True, True, False, False]


def test_what_rounding_leaves_is_no_position() -> None:
    told = {"timestamp": DAYS[:3], "symbol": ["A"] * 3, "quantity": [0.1, 0.2, -0.3]}
    held = in_market(pl.DataFrame(told), pl.Series("timestamp", DAYS))
    assert held.to_list() == [True, True, False, False]


def test_against_a_benchmark() -> None:
    frame = measure(equity(), fills(), None, benchmark=[-0.01, -0.1, 0.2, 0.0])
    assert dict(frame.iter_rows())["beta"] == pytest.approx(1.09, abs=0.02)


def test_an_account_that_lost_everything_has_no_returns_after() -> None:
    broke = equity().with_columns(pl.Series("equity", [50.0, 0.0, 0.0, 10.0]))
    values = dict(measure(broke, fills(), None).iter_rows())
    assert values["n_nans"] == 2
    assert values["total_return"] == -1.0
    assert values["max_drawdown"] == -1.0
