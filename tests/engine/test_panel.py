"""Bars are checked by row, then put on one clock."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from engine.errors import BarsError, InputError
from engine.panel import build_panel

START = datetime(2024, 1, 1, tzinfo=UTC)


def bars(symbol: str, *rows: tuple[int, float, float, float, float]) -> pl.DataFrame:
    """Rows of (minute, open, high, low, close)."""
    return pl.DataFrame(
        {
            "timestamp": [START + timedelta(minutes=row[0]) for row in rows],
            "symbol": [symbol] * len(rows),
            "open": [row[1] for row in rows],
            "high": [row[2] for row in rows],
            "low": [row[3] for row in rows],
            "close": [row[4] for row in rows],
            "volume": [0.0] * len(rows),
        },
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    )


def test_a_bar_that_one_symbol_lacks_is_nan_on_the_common_clock() -> None:
    both = pl.concat([bars("A", (0, 1, 1, 1, 1), (2, 3, 3, 3, 3)), bars("B", (1, 2, 2, 2, 2))])
    panel = build_panel(both)
    assert panel.symbols == ("A", "B")
    assert panel.clock.to_list() == [START + timedelta(minutes=m) for m in (0, 1, 2)]
    np.testing.assert_array_equal(panel.market.close, [[1, np.nan], [np.nan, 2], [3, np.nan]])


def test_the_declared_order_of_symbols_is_the_order_of_columns() -> None:
    both = pl.concat([bars("A", (0, 1, 1, 1, 1)), bars("B", (0, 2, 2, 2, 2))])
    assert build_panel(both, ("B", "A")).market.close.tolist() == [[2, 1]]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (bars("A", (0, 9, 9, 10, 9)), ["row 0", "high 9.0 is below low 10.0"]),
        (bars("A", (1, 1, 1, 1, 1), (0, 1, 1, 1, 1)), ["row 1", "not later", "sort"]),
        (bars("A", (0, 1, 1, 1, 1), (0, 1, 1, 1, 1)), ["row 1", "twice"]),
        (bars("A", (0, 1, 1, 1, 1)).with_columns(volume=pl.lit(-1.0)), ["volume -1.0"]),
        (bars("A", (0, 1, 1, 1, 1)).clear(), ["no row"]),
        (
            bars("A", (0, 1, 1, 1, 1)).with_columns(
                timestamp=pl.lit(None, dtype=pl.Datetime("ms", "UTC"))
            ),
            ["timestamp is missing"],
        ),
    ],
)
def test_broken_bars_name_the_row_and_what_to_do(frame: pl.DataFrame, words: list[str]) -> None:
    with pytest.raises(BarsError) as failure:
        build_panel(frame)
    for word in words:
        assert word in str(failure.value)


def test_nan_prices_are_a_platforms_own_business() -> None:
    nan = float("nan")
    panel = build_panel(bars("A", (0, nan, 5.0, nan, nan), (1, 1.0, nan, 1.0, 1.0)))
    assert np.isnan(panel.market.low[0, 0])
    assert np.isnan(panel.market.high[1, 0])


def test_a_symbol_without_bars_and_a_stranger_are_errors() -> None:
    with pytest.raises(BarsError, match="'C' has no bar"):
        build_panel(bars("A", (0, 1, 1, 1, 1)), ("A", "C"))
    with pytest.raises(BarsError, match=r"\['B'\] are not among"):
        build_panel(pl.concat([bars("A", (0, 1, 1, 1, 1)), bars("B", (0, 1, 1, 1, 1))]), ("A",))


def test_a_column_of_text_is_not_a_price() -> None:
    wrong = bars("A", (0, 1, 1, 1, 1)).with_columns(close=pl.lit("ten"))
    with pytest.raises(InputError, match="column 'close' is String, not Float64"):
        build_panel(wrong)


def test_an_unknown_column_is_not_ignored() -> None:
    wrong = bars("A", (0, 1, 1, 1, 1)).with_columns(clsoe=pl.lit(1.0))
    with pytest.raises(InputError, match=r"unknown \['clsoe'\]"):
        build_panel(wrong)
