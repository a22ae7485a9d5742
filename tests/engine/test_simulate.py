"""What a model cannot express is said so, whatever else the script holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from engine import Script, UnsupportedScript, simulate

TIMES = [datetime(2024, 1, 2, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
PRICES = ("open", "high", "low", "close", "volume")
BARS = pl.DataFrame({"timestamp": TIMES, "symbol": "A", **dict.fromkeys(PRICES, 1.0)})


@pytest.mark.parametrize("model", ["backtrader", "backtesting_py", "zipline"])
@pytest.mark.parametrize("cell", ["size", "price", "stop_loss", "take_profit", "trailing_stop"])
def test_signals_with_values_are_beyond_a_platform_of_tapes(model: str, cell: str) -> None:
    signals = pl.DataFrame({"timestamp": TIMES, "symbol": "A", "entry": [True, False, False]})
    script = Script("signals", signals.with_columns(pl.lit(0.5).alias(cell)))
    with pytest.raises(UnsupportedScript, match="give an order tape"):
        simulate(BARS, script, model)


def test_without_a_model_the_rules_are_our_own() -> None:
    signals = pl.DataFrame({"timestamp": TIMES, "symbol": "A", "entry": [True, False, False]})
    script = Script("signals", signals, {"size": 2.0})
    assert simulate(BARS, script).orders.equals(simulate(BARS, script, "house").orders)
    assert simulate(BARS, script).fills["timestamp"].to_list() == [TIMES[1]]  # the next open
