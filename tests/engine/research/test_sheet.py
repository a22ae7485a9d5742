"""A simulation of orders, told as a tear sheet tells a run."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from engine import Account, Script, simulate
from engine.errors import InputError
from engine.research.sheet import sheet_of_result
from engine.research.tear_sheet import tear_sheet

START = datetime(2024, 1, 1, tzinfo=UTC)


def bars(symbol="AAA"):
    close = [100.0, 110.0, 121.0, 110.0, 110.0]
    return pl.DataFrame(
        {
            "timestamp": [START + timedelta(days=day) for day in range(5)],
            "symbol": [symbol] * 5,
            "open": close,
            "high": close,
            "low": close,
            "close": close,
            "volume": [1.0] * 5,
        },
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    )


@pytest.fixture
def sheet():
    """All in at 110 on the second day, out at 110 on the fourth, for 1 % each time."""
    signals = (
        bars()
        .select("timestamp", "symbol")
        .with_columns(
            entry=pl.Series([False, True, False, False, False]),
            exit=pl.Series([False, False, False, True, False]),
        )
    )
    account = Account(cash=1000.0, commission=0.01)
    result = simulate(bars(), Script("signals", signals), model="vectorbt", account=account)
    return sheet_of_result(result, bars(), title="Twice", foot={"Model": "vectorbt"})


def test_the_account_is_counted_from_one(sheet):
    bought = 1000 / (110 * 1.01)
    equity = [1.0, bought * 110 / 1000, bought * 121 / 1000, bought * 110 * 0.99 / 1000]
    assert sheet.account["equity"].to_list()[:4] == pytest.approx(equity)
    assert sheet.account["benchmark"].to_list() == pytest.approx([1.0, 1.1, 1.21, 1.1, 1.1])
    assert sheet.account["exposure"].to_list() == pytest.approx([0.0, 1.0, 1.0, 0.0, 0.0])


def test_positions_trades_and_costs(sheet):
    held = 1000 / (110 * 1.01)
    assert sheet.frame["position"].to_list() == pytest.approx([0.0, held, held, 0.0, 0.0])
    assert sheet.trades["entry_signal"].to_list() == [1.0]
    assert sheet.costs == pytest.approx(held * 110 * 0.02 / 1000)
    assert sheet.values["start_equity"] == 1000.0
    assert sheet.values["beta"] == sheet.values["beta"]


def test_its_page(sheet):
    page = tear_sheet(sheet).html()
    for told in ("<h1>Twice</h1>", "simulated order by order", "commission, of the first equity",
                 "1 trades on the price of AAA", "vectorbt"):  # fmt: skip
        assert told in page


def test_a_result_without_trades(sheet):
    nothing = bars().select("timestamp", "symbol").with_columns(entry=pl.lit(False), exit=False)
    result = simulate(bars(), Script("signals", nothing), model="vectorbt")
    page = tear_sheet(sheet_of_result(result, bars(), title="Idle")).html()
    assert "<h2>Trades</h2>" not in page


def test_other_bars_are_an_error():
    nothing = bars().select("timestamp", "symbol").with_columns(entry=pl.lit(False), exit=False)
    result = simulate(bars(), Script("signals", nothing), model="vectorbt")
    with pytest.raises(InputError, match="give the same bars"):
        sheet_of_result(result, bars().head(3), title="Idle")
