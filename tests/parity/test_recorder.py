"""The real vectorbt, asked through its recorder, on stories that can be checked by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.errors import PeerMissing
from engine.schema import BARS
from engine.script import Account, Script, conform_script
from parity.environments import environment_of
from parity.outcome import Failed, Outcome, Recorded, Refused, Unsupported
from parity.platforms import Platform, find_platforms
from parity.protocol import Recording, ask
from scenarios import Scenario

pytestmark = pytest.mark.peer

START = datetime(2024, 1, 2, tzinfo=UTC)
NAN = math.nan
RISE = [(10, 10, 10, 10), (10, 11, 10, 11), (11, 12, 11, 12)]


def story(
    name: str,
    rows: list[dict[str, Any]],
    prices: Mapping[str, list[tuple[float, ...]]] | list[tuple[float, ...]] = RISE,
    *,
    kind: str = "signals",
    defaults: Mapping[str, Any] | None = None,
    account: Account | None = None,
    **options: Any,
) -> Scenario:
    """One bar a minute as (open, high, low, close); ``bar`` of a row counts from 0."""
    prices = prices if isinstance(prices, Mapping) else {"A": prices}
    bars = pl.DataFrame(
        [
            (START + timedelta(minutes=number), symbol, *map(float, bar), 1.0)
            for symbol, series in prices.items()
            for number, bar in enumerate(series)
        ],
        schema=BARS,
        orient="row",
    )
    table = [
        {"symbol": "A", **row, "timestamp": START + timedelta(minutes=row["bar"])} for row in rows
    ]
    frame = pl.DataFrame(table, infer_schema_length=None).drop("bar")
    frame = frame.with_columns(pl.col("timestamp").cast(BARS["timestamp"]))
    script = Script(kind, conform_script(kind, frame), defaults or {})  # type: ignore[arg-type]
    money = account or Account()
    return Scenario(name, "", "", "", tuple(prices), bars, script, money, {"vectorbt": options})


def tape(*orders: dict[str, Any]) -> list[dict[str, Any]]:
    blank = {"kind": "market", "limit_price": None, "stop_price": None, "parent_id": None}
    blank |= {"trail_percent": None, "trail_amount": None, "unit": "units", "expires": None}
    return [{**blank, "order_id": number, **order} for number, order in enumerate(orders)]


BUY = {"bar": 0, "entry": True}
OUT = {"bar": 2, "exit": True}
FALL = [(10, 10, 10, 10), (9.5, 9.5, 8.5, 9.2), (9, 9, 9, 9)]
GAP = [(10, 10, 10, 10), (8.5, 8.5, 8.0, 8.2)]
PAIR = {"A": RISE, "B": [(20, 20, 20, 20), (20, 20, 19, 19), (19, 19, 18, 18)]}
LOT, CHILD = {"bar": 0, "quantity": 5.0}, {"bar": 0, "quantity": -5.0, "parent_id": 0}

ONE_COLUMN = [
    story("all cash in and out", [BUY, OUT]),
    story("stop inside the bar", [{**BUY, "stop_loss": 0.1}], FALL, slippage=0.01),
    story("stop gapped", [{**BUY, "stop_loss": 0.1}], GAP),
    story("granularity", [{**BUY, "size": 1.0}, {**OUT, "size": 1.0}], size_granularity=0.1),
]
OTHERS = [
    story("no money for the fee", [BUY], account=Account(fixed=200.0)),
    story("no money is an error", [BUY], account=Account(fixed=200.0), raise_reject=True),
    story("negative stop", [{**BUY, "stop_loss": -0.1}]),
    story("zero price", [{**BUY, "price": 0.0}]),
    story("target size", [BUY], size_type="targetamount"),
    story("a fill of nothing", [BUY], size_granularity=100.0, min_size=0.0),
    story("sold for nothing", [BUY, OUT], slippage=1.0),
    story("one unit of cash", [{**BUY, "size": 3.0}], account=Account(cash=1)),
    story("cash found out", [{**BUY, "size": 3.0}], init_cash="auto"),
    story("both stops", [{**BUY, "stop_loss": 0.1, "trailing_stop": 0.1}]),
    story("signals of one side", [BUY, {"bar": 1, "exit": True}], direction="shortonly"),
    story("no such option", [BUY], leverage=2.0),
    story("costs by bar", [
        {**BUY, "size": 1.0, "vectorbt.fees": 0.1, "vectorbt.accumulate": "addonly"},
        {"bar": 1, "entry": True, "size": None, "vectorbt.fees": None,
         "vectorbt.accumulate": "addonly"},
        {"bar": 2, "entry": True, "size": 1.0, "vectorbt.fees": 0.2, "vectorbt.accumulate": None},
    ], defaults={"size": 2.0, "price": "open"}, fees=0.5),
    story("costs by symbol", [BUY, {**BUY, "symbol": "B"}], PAIR,
          defaults={"size": 1.0}, fees=[0.1, 0.2], init_cash=[50.0, 500.0]),
    story("one purse", [{**BUY, "size": 1.0}, {**BUY, "symbol": "B", "size": NAN}], PAIR,
          cash_sharing=True),
    story("two purses", [BUY, {**BUY, "symbol": "B"}, {**BUY, "symbol": "C"}],
          {**PAIR, "C": RISE}, defaults={"size": 1.0}, cash_sharing=True, group_by=["x", "x", "y"]),
    story("groups that share nothing", [{**BUY, "size": 1.0}], PAIR, group_by=["x", "x"]),
    story("tape with a stop", tape(LOT, {**CHILD, "kind": "stop", "stop_price": 9.5}),
          [(10, 10, 10, 10), (10, 11, 9, 11), (11, 11, 9, 10)], kind="orders"),
    story("tape with a target", tape(LOT, {**CHILD, "kind": "limit", "limit_price": 12.0}),
          [(9, 9, 9, 9), (10, 10, 10, 10), (10, 13, 10, 12.5)], kind="orders"),
    story("tape that trails", tape(LOT, {**CHILD, "kind": "trailing_stop", "trail_percent": 0.1}),
          [(9, 9, 9, 9), (10, 10, 10, 10), (12, 20, 12, 19), (19, 19, 17, 18)], kind="orders"),
    story("tape of two symbols", tape(LOT, {"bar": 1, "quantity": -2.0, "symbol": "B"},
          {"bar": 2, "quantity": 1.0}), PAIR, kind="orders", account=Account(cash=1000.0)),
    *(story(name, tape(*orders), kind="orders") for name, orders in {
        "u limit": [{**LOT, "kind": "limit", "limit_price": 9.0}],
        "u twice": [LOT, LOT],
        "u unit": [{**LOT, "unit": "value"}],
        "u expires": [{**LOT, "expires": START}],
        "u crowd": [LOT, {**CHILD, "kind": "stop", "stop_price": 9.0}, {**LOT, "bar": 1}],
        "u half": [LOT, {**CHILD, "quantity": -2.0, "kind": "stop", "stop_price": 9.0}],
        "u slot": [LOT, {**CHILD, "kind": "stop", "stop_price": 9.0},
                   {**CHILD, "kind": "trailing_stop", "trail_percent": 0.1}],
        "u amount": [LOT, {**CHILD, "kind": "trailing_stop", "trail_amount": 1.0}],
        "u oco": [LOT, {**LOT, "bar": 1, "oco_id": 0}],
    }.items()),
]  # fmt: skip


def play(engine: str, stories: list[Scenario], work: Path) -> dict[str, Recording]:
    [platform] = find_platforms(f"vectorbt+{engine}")
    return ask(platform, ready(platform), stories, work, timeout=120)


def ready(platform: Platform) -> Any:
    try:
        return environment_of(platform, build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def rust(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    return play("rust", ONE_COLUMN + OTHERS, tmp_path_factory.mktemp("rust"))


@pytest.fixture(scope="module")
def numba(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    return play("numba", ONE_COLUMN, tmp_path_factory.mktemp("numba"))


def tables(outcome: Outcome) -> Mapping[str, pl.DataFrame]:
    assert isinstance(outcome, Recorded), outcome
    return outcome.tables


def fills(recording: Recording) -> list[tuple[Any, ...]]:
    return tables(recording.outcome)["fills"].select("symbol", "quantity", "price").rows()


def test_all_cash_goes_in_and_comes_out(rust: dict[str, Recording]) -> None:
    got = tables(rust["all cash in and out"].outcome)
    assert got["fills"].select("quantity", "price").rows() == [(10.0, 10.0), (-10.0, 12.0)]
    assert got["orders"]["status"].to_list() == ["filled", "filled"]
    assert got["orders"]["cash"].to_list() == [0.0, 120.0]
    assert got["trades"].select("quantity", "pnl", "status").rows() == [(10.0, 20.0, "closed")]
    assert got["equity"]["equity"].to_list() == [100.0, 110.0, 120.0]


def test_a_stop_fills_at_its_level_or_at_a_gapped_open(rust: dict[str, Recording]) -> None:
    bought = 100 / 10.1  # 1 % slippage on the way in, none on the stop
    assert fills(rust["stop inside the bar"]) == [("A", bought, 10.1), ("A", -bought, 9.0)]
    assert fills(rust["stop gapped"]) == [("A", 10.0, 10.0), ("A", -10.0, 8.5)]


def test_the_two_engines_differ_in_granularity_and_nowhere_else(
    rust: dict[str, Recording], numba: dict[str, Recording]
) -> None:
    assert [quantity for _, quantity, _ in fills(numba["granularity"])] == [0.9, -0.8]
    assert [quantity for _, quantity, _ in fills(rust["granularity"])] == [1.0, -1.0]
    for name in numba.keys() - {"granularity"}:
        for table, rows in tables(numba[name].outcome).items():
            assert rows.equals(tables(rust[name].outcome)[table]), (name, table)


def test_recorded_again_every_table_has_the_same_bytes(
    rust: dict[str, Recording], tmp_path: Path
) -> None:
    again = play("rust", ONE_COLUMN + OTHERS, tmp_path)
    for name, recording in again.items():
        assert recording.head == rust[name].head
        for path in recording.folder.glob("*.parquet"):
            assert path.read_bytes() == (rust[name].folder / path.name).read_bytes(), path


def test_what_was_not_filled_says_why(rust: dict[str, Recording]) -> None:
    orders = tables(rust["no money for the fee"].outcome)["orders"]
    assert orders.select("status", "reason", "cash").rows() == [
        ("rejected", "cant_cover_fees", 100.0)
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no money is an error", "rejected"),
        ("negative stop", "stop_negative"),
        ("zero price", "price_not_positive"),
        ("target size", "size_type_unsupported"),
    ],
)
def test_what_vectorbt_forbids_has_one_word(
    rust: dict[str, Recording], name: str, reason: str
) -> None:
    outcome = rust[name].outcome
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason == reason


@pytest.mark.parametrize("name", ["a fill of nothing", "sold for nothing"])
def test_without_size_or_price_there_are_no_trades(rust: dict[str, Recording], name: str) -> None:
    assert list(tables(rust[name].outcome)) == ["orders", "fills", "equity"]


def test_cash_of_one_is_money_and_no_mode(rust: dict[str, Recording]) -> None:
    assert fills(rust["one unit of cash"]) == [("A", 0.1, 10.0)]


def test_cash_may_be_found_out_afterwards(rust: dict[str, Recording]) -> None:
    assert fills(rust["cash found out"]) == [("A", 3.0, 10.0)]
    assert tables(rust["cash found out"].outcome)["equity"]["cash"].to_list() == [0.0] * 3


def test_direction_turns_entries_into_shorts(rust: dict[str, Recording]) -> None:
    assert fills(rust["signals of one side"]) == [("A", -10.0, 10.0), ("A", 10.0, 11.0)]


def test_an_option_vectorbt_has_not_is_no_answer(rust: dict[str, Recording]) -> None:
    outcome = rust["no such option"].outcome
    assert isinstance(outcome, Failed)
    assert "leverage" in outcome.message


def test_options_vary_by_bar_and_by_symbol(rust: dict[str, Recording]) -> None:
    paid = tables(rust["costs by bar"].outcome)["fills"].select("quantity", "price", "commission")
    assert paid.rows() == [(1.0, 10.0, 1.0), (2.0, 10.0, 10.0)]
    got = tables(rust["costs by symbol"].outcome)
    assert got["fills"].select("symbol", "commission").rows() == [("A", 1.0), ("B", 4.0)]
    assert got["equity"].group_by("account", maintain_order=True).first()["cash"].to_list() == [
        39.0, 476.0,
    ]  # fmt: skip


def test_accounts_are_symbols_or_the_groups_that_share(rust: dict[str, Recording]) -> None:
    def accounts(name: str) -> list[str]:
        return tables(rust[name].outcome)["equity"]["account"].unique(maintain_order=True).to_list()

    assert accounts("one purse") == ["A+B"]
    assert accounts("two purses") == ["A+B", "C"]
    assert accounts("groups that share nothing") == ["A", "B"]
    orders = tables(rust["one purse"].outcome)["orders"]
    assert orders.select("symbol", "status", "reason", "cash").rows() == [
        ("A", "filled", "", 90.0), ("B", "ignored", "size_nan", 90.0),
    ]  # fmt: skip


def test_a_tape_fills_at_the_next_open_with_its_stops(rust: dict[str, Recording]) -> None:
    assert fills(rust["tape with a stop"]) == [("A", 5.0, 10.0), ("A", -5.0, 9.5)]
    assert fills(rust["tape with a target"]) == [("A", 5.0, 10.0), ("A", -5.0, 12.0)]
    assert fills(rust["tape that trails"]) == [("A", 5.0, 10.0), ("A", -5.0, 18.0)]
    assert fills(rust["tape of two symbols"]) == [("A", 5.0, 10.0), ("B", -2.0, 19.0)]


def test_what_vectorbt_cannot_express_is_unsupported(rust: dict[str, Recording]) -> None:
    asked = [name for name in rust if name.startswith("u ")] + ["both stops"]
    assert len(asked) == 10
    for name in asked:
        assert isinstance(rust[name].outcome, Unsupported), (name, rust[name].outcome)
