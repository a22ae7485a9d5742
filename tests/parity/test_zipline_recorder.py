"""The real zipline, asked through its recorder, on stories that can be checked by hand."""

from __future__ import annotations

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
from parity.platforms import find_platforms
from parity.protocol import Recording, ask
from scenarios import Scenario

pytestmark = pytest.mark.peer

START = datetime(2024, 1, 2, tzinfo=UTC)
LOT = {"bar": 0, "quantity": 5.0}


def story(
    name: str,
    closes: list[float],
    *orders: dict[str, Any],
    volume: float = 1e6,
    account: Account | None = None,
    **options: Any,
) -> Scenario:
    """One bar a minute; an order has a bar, a quantity and what else it needs."""
    clock = [START + timedelta(minutes=number) for number in range(len(closes))]
    flat = [(when, "A", *[close] * 4, volume) for when, close in zip(clock, closes, strict=True)]
    bars = pl.DataFrame(flat, schema=BARS, orient="row")
    rows = [{"symbol": "A", **order, "timestamp": clock[order["bar"]]} for order in orders]
    frame = pl.DataFrame(rows, infer_schema_length=None).drop("bar")
    frame = frame.with_columns(pl.col("timestamp").cast(BARS["timestamp"]))
    script = Script("orders", conform_script("orders", frame))
    money = account or Account(cash=1000.0)
    return Scenario(name, "", "", "", ("A",), bars, script, money, {"zipline": options})


STORIES = [
    story("next close", [10, 11, 12], LOT),
    story("parts", [10] * 5, {"bar": 0, "quantity": 250.0}, volume=1000.0,
          commission_model="per_share", commission_cost=0.01, min_trade_cost=1.5),
    story("thousandths", [10, 10.1235, 10], LOT),
    story("no share", [10, 11], {"bar": 0, "quantity": 0.5}),
    story("split", [10, 10, 30], {"bar": 0, "quantity": 101.0}, splits="2:3",
          account=Account(cash=2000.0)),
    story("too many", [10, 11], {"bar": 0, "quantity": 1e12}),
    story("no money", [10, 11], LOT, account=Account(cash=0.0)),
    story("nothing left", [10, 10, 20, 15], {"bar": 0, "quantity": -100.0}),
    story("bad limit", [10, 11], LOT, volume_limit=0.0),
    story("trailing", [10, 11], {**LOT, "kind": "trailing_stop", "trail_percent": 0.1}),
    story("two costs", [10, 11], LOT, account=Account(cash=1000.0, commission=0.1, fixed=1.0)),
    story("no such option", [10, 11], LOT, leverage=2.0),
]  # fmt: skip


def play(idiom: str, work: Path) -> dict[str, Recording]:
    [platform] = find_platforms(f"zipline+{idiom}")
    try:
        environment = environment_of(platform, build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    return ask(platform, environment, STORIES, work, timeout=240)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    return play("exact", tmp_path_factory.mktemp("exact"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    return play("bundle", tmp_path_factory.mktemp("bundle"))


def table(outcome: Outcome, name: str) -> pl.DataFrame:
    assert isinstance(outcome, Recorded), outcome
    return outcome.tables[name]


def fills(recording: Recording) -> list[tuple[Any, ...]]:
    rows = table(recording.outcome, "fills")
    return rows.select("quantity", "price", "commission").rows()


def test_an_order_fills_at_the_next_close(exact: dict[str, Recording]) -> None:
    assert fills(exact["next close"]) == [(5.0, 11.0, 0.0)]
    equity = table(exact["next close"].outcome, "equity")
    assert equity.select("cash", "equity").rows() == [(1000, 1000), (945, 1000), (945, 1005)]


def test_parts_are_carried_on_and_pay_the_least_once(exact: dict[str, Recording]) -> None:
    assert fills(exact["parts"]) == [(100, 10, 1.5), (100, 10, 0.5), (50, 10, 0.5)]


def test_the_two_idioms_differ_in_the_prices_they_keep(
    exact: dict[str, Recording], bundle: dict[str, Recording]
) -> None:
    assert fills(exact["thousandths"]) == [(5.0, 10.1235, 0.0)]
    assert fills(bundle["thousandths"]) == [(5.0, 10124 * 0.001, 0.0)]
    assert fills(bundle["parts"]) == fills(exact["parts"])


def test_an_order_of_no_share_is_told(exact: dict[str, Recording]) -> None:
    orders = table(exact["no share"].outcome, "orders")
    assert orders.select("status", "reason").rows() == [("ignored", "no_whole_share")]


def test_a_split_pays_for_the_fraction(exact: dict[str, Recording]) -> None:
    assert table(exact["split"].outcome, "equity")["cash"].to_list() == [2000.0, 990.0, 1010.0]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("too many", "too_many_shares"),
        ("no money", "no_capital"),
        ("nothing left", "worth_nothing"),
        ("bad limit", "slippage_out_of_bounds"),
    ],
)
def test_what_zipline_stops_for_has_one_word(
    exact: dict[str, Recording], bundle: dict[str, Recording], name: str, reason: str
) -> None:
    for outcome in (exact[name].outcome, bundle[name].outcome):
        assert isinstance(outcome, Refused), outcome
        assert outcome.reason == reason


@pytest.mark.parametrize("name", ["trailing", "two costs"])
def test_what_zipline_cannot_express_is_unsupported(exact: dict[str, Recording], name: str) -> None:
    assert isinstance(exact[name].outcome, Unsupported)


def test_an_option_zipline_has_not_is_no_answer(exact: dict[str, Recording]) -> None:
    outcome = exact["no such option"].outcome
    assert isinstance(outcome, Failed)
    assert "leverage" in outcome.message


def test_recorded_again_every_table_has_the_same_bytes(
    exact: dict[str, Recording], tmp_path: Path
) -> None:
    for name, recording in play("exact", tmp_path).items():
        for path in recording.folder.glob("*.parquet"):
            assert path.read_bytes() == (exact[name].folder / path.name).read_bytes(), path
