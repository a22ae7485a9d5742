"""The real backtesting.py, asked through its recorder, on stories that can be checked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.errors import PeerMissing
from engine.script import Account, Script, conform_script
from parity.environments import environment_of
from parity.outcome import Failed, Outcome, Recorded, Refused, Unsupported
from parity.platforms import find_platforms
from parity.protocol import Recording, ask
from scenarios import Scenario
from scenarios.rows import Places, tape_rows
from scenarios.series import written_bars

pytestmark = pytest.mark.peer

F = [100, 101, 99, 100]
BUY = {"bar": 0, "quantity": 10}
STOP = {"bar": 0, "kind": "stop", "quantity": -10, "stop_price": 95, "parent": 0}
TARGET = {"bar": 0, "kind": "limit", "quantity": -10, "limit_price": 105, "parent": 0}
WIDE = [100, 106, 94, 100]


def story(
    name: str,
    orders: list[dict[str, Any]],
    rows: list[list[float]],
    *,
    account: Account | None = None,
    more: Mapping[str, Any] | None = None,
    **options: Any,
) -> Scenario:
    """Daily bars of one symbol; ``more`` are further symbols."""
    table = {"start": date(2024, 1, 2), "step": "1d", "rows": {"A": rows, **(more or {})}}
    bars = written_bars(table, name)
    orders = [{"symbol": "A", **order} for order in orders]
    frame = tape_rows(orders, Places(bars), name)
    script = Script("orders", conform_script("orders", frame))
    symbols = tuple(table["rows"])  # type: ignore[arg-type]
    money = account or Account(cash=10_000.0)
    return Scenario(name, "", "", "", symbols, bars, script, money, {"backtesting_py": options})


STORIES = [
    story("both touched", [BUY, STOP, TARGET], [F, WIDE, F]),
    story("at the close", [BUY, {"bar": 1, "quantity": -10}], [F, F, F], trade_on_close=True),
    story("too large", [{**BUY, "quantity": 101}], [F, F]),
    story("half the margin", [{**BUY, "unit": "percent", "quantity": 0.5}], [F, F]),
    story("wrong side", [BUY, {**STOP, "stop_price": 100}], [F, F]),
    story("ruined", [{**BUY, "quantity": -90}], [F, F, [100, 300, 99, 290], F]),
    story("costs", [BUY, {"bar": 1, "quantity": -10}], [F, F, F],
          account=Account(10_000.0, 0.001, 2.0, 0.01)),
    story("last bar", [{**BUY, "bar": 1}], [F, F]),
    story("no open", [BUY], [F, [float("nan"), 101, 99, 100]]),
    story("no cash", [BUY], [F, F], account=Account(cash=0.0)),
    story("thin margin", [BUY], [F, F], margin=1.5),
    story("no such option", [BUY], [F, F], leverage=2.0),
    story("u symbols", [BUY], [F, F], more={"B": [F, F]}),
    story("u trail", [BUY, {"bar": 0, "kind": "trailing_stop", "quantity": -10, "parent": 0,
                            "trail_amount": 3}], [F, F]),
    story("u half", [{**BUY, "quantity": 0.5}], [F, F]),
    story("u target", [{**BUY, "unit": "target_units"}], [F, F]),
    story("u value", [{**BUY, "unit": "value"}], [F, F]),
    story("u oco", [{**BUY, "oco": 1}, {**BUY, "oco": 1}], [F, F]),
    story("u part", [BUY, {**STOP, "quantity": -5}], [F, F]),
    story("u two", [BUY, STOP, {**STOP, "stop_price": 94}], [F, F]),
]  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    [platform] = find_platforms("backtesting_py")
    try:
        environment = environment_of(platform, build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    return ask(platform, environment, STORIES, tmp_path_factory.mktemp("told"), timeout=120)


def tables(outcome: Outcome) -> Mapping[str, pl.DataFrame]:
    assert isinstance(outcome, Recorded), outcome
    return outcome.tables


def fills(recording: Recording) -> list[tuple[Any, ...]]:
    rows = tables(recording.outcome)["fills"]
    return rows.select(pl.col("timestamp").dt.day(), "quantity", "price").rows()


def ends(recording: Recording) -> list[tuple[Any, ...]]:
    return tables(recording.outcome)["orders"].select("quantity", "status", "reason").rows()


def test_the_stop_comes_before_the_target_on_the_entry_bar(told: dict[str, Recording]) -> None:
    recording = told["both touched"]
    assert fills(recording) == [(3, 10, 100), (3, -10, 95)]
    assert ends(recording) == [
        (10, "filled", ""), (-10, "cancelled", "trade_closed"), (-10, "filled", ""),
    ]  # fmt: skip
    trades = tables(recording.outcome)["trades"]
    assert trades.select("quantity", "pnl", "status").rows() == [(10, -50, "closed")]
    assert tables(recording.outcome)["equity"]["equity"].to_list() == [10_000, 9_950, 9_950]


def test_the_first_bar_is_the_scenarios_own(told: dict[str, Recording]) -> None:
    assert fills(told["at the close"]) == [(2, 10, 100), (3, -10, 100)]


def test_what_the_broker_cannot_carry_is_rejected(told: dict[str, Recording]) -> None:
    assert ends(told["too large"]) == [(101, "rejected", "insufficient_margin")]
    assert ends(told["wrong side"]) == [(10, "rejected", "wrong_side")]
    assert ends(told["half the margin"]) == [(50, "filled", "")]
    assert ends(told["last bar"]) == [(10, "open", "")]


def test_ruin_is_told_as_an_order_of_the_brokers_own(told: dict[str, Recording]) -> None:
    assert ends(told["ruined"]) == [(-90, "filled", ""), (90, "filled", "ruin")]
    assert tables(told["ruined"].outcome)["equity"]["cash"].to_list() == [10_000, 10_000, 0, 0]


def test_entries_pay_the_spread_and_both_sides_the_commission(told: dict[str, Recording]) -> None:
    paid = tables(told["costs"].outcome)["fills"].select("quantity", "price", "commission").rows()
    assert paid == [(10, 101, 2 + 1010 * 0.001), (-10, 100, 2 + 1000 * 0.001)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no open", "price_missing"),
        ("no cash", "cash_not_positive"),
        ("thin margin", "margin_out_of_range"),
    ],
)
def test_what_it_forbids_has_one_word(told: dict[str, Recording], name: str, reason: str) -> None:
    outcome = told[name].outcome
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason == reason


def test_an_option_it_has_not_is_no_answer(told: dict[str, Recording]) -> None:
    outcome = told["no such option"].outcome
    assert isinstance(outcome, Failed)
    assert "leverage" in outcome.message


def test_what_it_cannot_express_is_unsupported(told: dict[str, Recording]) -> None:
    asked = [name for name in told if name.startswith("u ")]
    assert len(asked) == 8
    for name in asked:
        assert isinstance(told[name].outcome, Unsupported), (name, told[name].outcome)


def test_recorded_again_every_table_has_the_same_bytes(
    told: dict[str, Recording], tmp_path: Path
) -> None:
    [platform] = find_platforms("backtesting_py")
    again = ask(platform, environment_of(platform), STORIES, tmp_path, timeout=120)
    for name, recording in again.items():
        assert recording.head == told[name].head
        for path in recording.folder.glob("*.parquet"):
            assert path.read_bytes() == (told[name].folder / path.name).read_bytes(), path
