"""A script becomes arrays; a row that cannot be placed is named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.errors import ScriptError
from engine.panel import Panel, build_panel
from engine.script import Script, conform_script
from engine.submit import marks_of, tape_of, values_of

START = datetime(2024, 1, 1, tzinfo=UTC)
DEFAULTS = {"size": np.inf, "price": "close", "fees": 0.25}


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@pytest.fixture
def panel() -> Panel:
    frame = pl.DataFrame(
        {
            "timestamp": [at(0), at(1), at(2)] * 2,
            "symbol": ["A"] * 3 + ["B"] * 3,
            "open": [1.0, 2.0, 3.0, 10.0, 20.0, 30.0],
            "high": [9.0] * 3 + [90.0] * 3,
            "low": [0.5] * 3 + [5.0] * 3,
            "close": [1.5, 2.5, 3.5, 15.0, 25.0, 35.0],
            "volume": [0.0] * 6,
        },
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    )
    return build_panel(frame)


def signals(**columns: list[Any]) -> pl.DataFrame:
    return conform_script("signals", pl.DataFrame(columns))


def orders(**columns: list[Any]) -> pl.DataFrame:
    return conform_script("orders", pl.DataFrame(columns))


def test_marks_are_rising_bars_per_symbol(panel: Panel) -> None:
    frame = signals(
        timestamp=[at(2), at(0), at(1)], symbol=["B", "B", "A"], entry=[True, True, True]
    )
    entry = marks_of(panel, frame)["entry"]
    assert entry.start.tolist() == [0, 1, 3]
    assert entry.bars.tolist() == [1, 0, 2]


def test_a_null_cell_takes_the_scripts_default_and_nan_is_a_value(panel: Panel) -> None:
    frame = signals(
        timestamp=[at(0), at(1)], symbol=["A", "A"], entry=[True, True], size=[None, float("nan")]
    )
    values, _ = values_of(panel, Script("signals", frame, {"size": 7.0}), "vectorbt", DEFAULTS)
    np.testing.assert_array_equal(values["size"][:, 0], [7.0, np.nan, 7.0])
    np.testing.assert_array_equal(values["size"][:, 1], [7.0, 7.0, 7.0])


def test_price_open_means_each_bars_own_open(panel: Panel) -> None:
    frame = signals(timestamp=[at(1)], symbol=["B"], entry=[True], price=[21.0])
    script = Script("signals", frame, {"price": "open"})
    values, _ = values_of(panel, script, "vectorbt", DEFAULTS)
    assert values["price"].tolist() == [[1.0, 10.0], [2.0, 21.0], [3.0, 30.0]]


def test_a_platforms_option_can_vary_by_bar(panel: Panel) -> None:
    frame = signals(timestamp=[at(1)], symbol=["A"], entry=[True]).with_columns(
        pl.Series("vectorbt.fees", [0.5]), pl.Series("other.fees", [0.9])
    )
    _, varied = values_of(panel, Script("signals", frame), "vectorbt", DEFAULTS)
    assert varied["fees"].tolist() == [[0.25, 0.25], [0.5, 0.25], [0.25, 0.25]]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (signals(timestamp=[at(7)], symbol=["A"]), "row 0: there is no bar at .*outside the bars"),
        (signals(timestamp=[at(1)], symbol=["Z"]), "row 0: symbol 'Z' is not among"),
        (signals(timestamp=[at(1)] * 2, symbol=["A"] * 2), "row 1: a second row for A"),
    ],
)
def test_a_row_outside_the_bars_is_named(panel: Panel, frame: pl.DataFrame, words: str) -> None:
    with pytest.raises(ScriptError, match=words):
        marks_of(panel, frame)


def test_a_negative_size_is_refused_with_its_row(panel: Panel) -> None:
    frame = signals(timestamp=[at(1)], symbol=["A"], entry=[True], size=[-2.0])
    with pytest.raises(ScriptError, match=r"row 0: size -2.0 is negative"):
        values_of(panel, Script("signals", frame), "vectorbt", DEFAULTS)


def test_a_tape_keeps_the_scripts_order_within_a_bar(panel: Panel) -> None:
    frame = orders(
        order_id=[5, 6, 7],
        timestamp=[at(1), at(0), at(1)],
        symbol=["A", "B", "A"],
        quantity=[1.0, 2.0, 3.0],
        expires=[None, at(1), at(9)],
    )
    tape = tape_of(panel, frame)
    assert tape["order_id"].tolist() == [6, 5, 7]
    assert tape["bar"].tolist() == [0, 1, 1]
    assert tape["expires_bar"].tolist() == [1, -1, 2]
    assert tape["kind"].tolist() == ["market"] * 3


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"kind": ["limit"]}, "limit_price None of a limit order must be a number above zero"),
        ({"kind": ["stop"], "stop_price": [-1.0]}, "stop_price -1.0"),
        ({"kind": ["iceberg"]}, "kind 'iceberg' is none of"),
        ({"unit": ["lots"]}, "unit 'lots' is none of"),
        ({"kind": ["trailing_stop"]}, "trail_amount or trail_percent"),
        ({"parent_id": [99]}, "parent_id 99 is no order"),
        ({"quantity": [float("inf")]}, "quantity inf is not a finite number"),
        ({"quantity": [0.0]}, "quantity 0 asks for nothing; only a target may be zero"),
        ({"limit_price": [-2.0]}, "limit_price -2.0 of a market order"),
        ({"parent_id": [0]}, "parent_id 0 is no order of an earlier row"),
        ({"kind": ["cancel"], "quantity": [None]}, "a cancel needs parent_id"),
        ({"expires": [at(-1)]}, "expires at .* before it is submitted"),
    ],
)
def test_a_malformed_order_is_named(panel: Panel, columns: dict[str, Any], words: str) -> None:
    row: dict[str, Any] = {"timestamp": [at(0)], "symbol": ["A"], "quantity": [1.0], **columns}
    with pytest.raises(ScriptError, match=f"row 0.*{words}"):
        tape_of(panel, orders(**row))
