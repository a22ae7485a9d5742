"""Drawdowns and months of a curve that can be followed by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from engine.metrics import measure_returns
from engine.research.tables import daily, drawdowns, monthly_returns

START = datetime(2024, 1, 30, tzinfo=UTC)


def account(*equity, step=timedelta(days=1), start=START):
    times = [start + step * at for at in range(len(equity))]
    return pl.DataFrame(
        {"timestamp": times, "equity": equity},
        schema={"timestamp": pl.Datetime("ms", "UTC"), "equity": pl.Float64()},
    )


def day(at):
    return START + timedelta(days=at)


def test_a_fall_and_its_recovery():
    # days        0    1    2    3    4    5
    fell = drawdowns(account(1.0, 1.2, 0.9, 1.1, 1.2, 1.3)).row(0, named=True)
    assert fell["depth"] == pytest.approx(-0.25)
    assert (fell["peak"], fell["trough"], fell["recovery"]) == (day(1), day(2), day(4))
    assert (fell["bars"], fell["length"], fell["way_down"]) == (
        3, timedelta(days=3), timedelta(days=1)
    )  # fmt: skip


def test_the_deepest_come_first_and_one_may_still_last():
    curve = account(1.0, 0.95, 1.0, 2.0, 1.0, 1.5)
    fell = drawdowns(curve)
    assert fell["depth"].to_list() == pytest.approx([-0.5, -0.05])
    assert fell["recovery"].to_list() == [None, day(2)]
    # from the peak to the end of the run, after its last bar
    assert fell["bars"].to_list() == [3, 2]
    assert drawdowns(curve, top=1).height == 1


def test_a_loss_on_the_very_first_bar_counts():
    fell = drawdowns(account(0.8, 0.9)).row(0, named=True)
    assert fell["depth"] == pytest.approx(-0.2)
    assert fell["peak"] == day(0)


def test_a_curve_that_only_rises_has_none():
    assert drawdowns(account(1.0, 1.0, 1.1)).is_empty()


def test_the_deepest_is_the_metric_of_that_name():
    returns = np.random.default_rng(3).normal(0.0005, 0.01, 800)
    metrics = dict(measure_returns(returns).iter_rows())
    fell = drawdowns(account(*np.cumprod(1 + returns)), top=1000)
    assert fell["depth"][0] == pytest.approx(metrics["max_drawdown"], rel=1e-12)
    assert fell.height == metrics["drawdown_count"]
    assert fell["bars"][0] == metrics["max_drawdown_bars"]


def test_months_and_years():
    # 30 and 31 January, then 1, 2 and 3 February
    months = monthly_returns(account(1.1, 1.2, 1.2, 1.0, 0.9))
    row = months.row(0, named=True)
    assert months.columns[:3] == ["year", "Jan", "Feb"]
    assert (row["year"], row["Mar"]) == ("2024", None)
    assert (row["Jan"], row["Feb"]) == pytest.approx((0.2, -0.25))
    assert row["Year"] == pytest.approx(-0.1)


def test_a_year_begins_where_the_last_one_ended():
    late = datetime(2023, 12, 31, tzinfo=UTC)
    months = monthly_returns(account(2.0, 3.0, start=late))
    assert months["Year"].to_list() == pytest.approx([1.0, 0.5])
    assert months["Dec"].to_list() == [1.0, None]


def test_the_last_bar_of_each_day():
    hours = account(*range(1, 31), step=timedelta(hours=1))
    assert daily(hours)["equity"].to_list() == [24.0, 30.0]
