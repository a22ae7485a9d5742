"""The second oracle: whatever the rules, money and positions add up."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from fakes import FAKE, FILLS, Fill, at, book, story
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.schema import TABLES, TAPE
from engine.script import Account, Script
from parity.allowance import Allowance, allowance_for, plain
from parity.audit import RULES
from parity.check import audit
from parity.invariants import Violation, find_violations
from parity.outcome import Recorded, Refused
from scenarios.scenario import Scenario

Tables = dict[str, pl.DataFrame]


def audited(tables: Tables, scenario: Scenario | None = None) -> dict[str, Violation]:
    found = audit(Recorded(tables), scenario or story(), FAKE)
    return {violation.rule: violation for violation in found}


def with_cell(table: str, row: int, field: str, value: Any) -> Tables:
    tables = book()
    column = tables[table][field].to_list()
    column[row] = value
    changed = pl.Series(field, column, dtype=TABLES[table][field])
    return {**tables, table: tables[table].with_columns(changed)}


def options(**told: Any) -> Scenario:
    return story(options={"fake": told})


def signals(**columns: Any) -> Scenario:
    base = story()
    frame = base.script.frame.with_columns(**columns)
    return replace(base, script=Script("signals", frame, base.script.defaults))


def test_an_honest_ledger_breaks_nothing():
    assert audited(book()) == {}
    assert audited(book([])) == {}


def test_what_did_not_play_breaks_nothing():
    assert audit(Refused("price_not_positive", ""), story(), FAKE) == ()


@pytest.mark.parametrize(
    "table, row, field, value, rules",
    [
        ("equity", 3, "cash", 99.55, {"cash_conserved", "equity_adds_up"}),
        ("equity", 3, "equity", 99.57, {"equity_adds_up"}),
        ("equity", 3, "equity", float("nan"), {"equity_adds_up"}),
        ("orders", 1, "cash", 99.57, {"order_cash_conserved"}),
        ("orders", 1, "position", 2.0, {"position_conserved"}),
        ("orders", 3, "position", 0.0, {"position_conserved"}),
        ("orders", 1, "status", "rejected", {"fill_has_order"}),
        ("orders", 3, "status", "filled", {"filled_order_has_fill"}),
        ("orders", 1, "quantity", 2.0, {"fill_on_side_of_order"}),
        ("fills", 1, "order_id", 7, {"fill_has_order", "filled_order_has_fill"}),
        ("fills", 1, "order_id", 0, {"one_fill_per_order", "fill_has_order"}),
        ("fills", 1, "price", 12.01, {"price_inside_bar", "cash_conserved"}),
        ("fills", 1, "price", 10.99, {"price_inside_bar", "cash_conserved"}),
        ("fills", 1, "commission", -0.22, {"fee_not_negative", "cash_conserved"}),
        ("fills", 1, "commission", float("nan"), {"fee_not_negative", "cash_conserved"}),
        ("fills", 1, "commission", 0.44, {"cash_conserved", "order_cash_conserved"}),
        ("fills", 1, "quantity", -2.5, {"position_conserved", "growth_was_asked"}),
        ("fills", 2, "timestamp", at(2), {"growth_was_asked", "fill_has_order"}),
        ("fills", 2, "symbol", "B", {"price_inside_bar", "fill_has_order"}),
    ],
)
def test_one_false_number_is_caught(table: str, row: int, field: str, value: Any, rules: set[str]):
    assert rules <= set(audited(with_cell(table, row, field, value)))


def test_every_rule_can_be_broken():
    """A rule that never fires proves nothing; the last has a story of its own below."""
    cases = test_one_false_number_is_caught.pytestmark[0].args[1]
    reached = {rule for case in cases for rule in case[4]}
    assert reached | {"parts_within_order"} == set(RULES)


def test_a_violation_names_the_bar_and_the_numbers():
    """The fills leave 77.78 + 22 - 0.22 = 99.56 at bar 3; one cent is lost there."""
    found = audited(with_cell("equity", 3, "cash", 99.55))["cash_conserved"]
    assert (found.bar, found.place, found.found) == (3, "A", 99.55)
    assert found.should == pytest.approx(99.56)
    assert found.message.startswith("bar 3 (2024-01-02 14:33:00 UTC, A): cash of 99.55, but")
    assert found.to_dict()["timestamp"] == "2024-01-02T14:33:00+00:00"


def test_the_first_bar_of_a_lasting_error_is_told_with_the_count():
    tables = book()
    cash = pl.when(pl.col("timestamp") >= at(2)).then(pl.col("cash") + 1).otherwise("cash")
    tables["equity"] = tables["equity"].with_columns(cash)
    found = audited(tables)["cash_conserved"]
    assert found.bar == 2 and found.message.endswith("(3 more)")


def test_a_double_exit_is_an_entry_that_nobody_asked_for():
    """A signal and a stop both sell the 2 held: the second sale opens a short."""
    double = book([FILLS[0], FILLS[1], FILLS[1]], refused=False)
    found = audited(double)
    assert set(found) == {"growth_was_asked"}
    assert found["growth_was_asked"].message.endswith(
        "the position went from 0.0 to -2.0, but the script asks for no such entry here"
    )


def test_a_reversal_needs_an_entry_of_the_other_side():
    reversal = book([FILLS[0], Fill(3, -4.0, 11.0)], refused=False)
    assert set(audited(reversal)) == {"growth_was_asked"}
    asks = signals(short_entry=pl.col("timestamp") == at(3))
    assert audited(reversal, asks) == {}


@pytest.mark.parametrize(
    "direction, grows",
    [
        ("longonly", {(1, "long"), (4, "long"), (5, "long")}),
        ("shortonly", {(1, "short"), (4, "short"), (5, "short")}),
        ("both", {(1, "long"), (3, "short"), (4, "long"), (5, "long")}),
    ],
)
def test_a_direction_says_what_entries_and_exits_mean(direction: str, grows: set[Any]):
    def read(scenario: Scenario) -> set[tuple[int, str]]:
        growth = allowance_for(scenario, FAKE, ["A"]).growth
        assert growth is not None
        minutes = (growth["timestamp"] - at(0)).dt.total_minutes()
        return {
            (minute, side)
            for side in ("long", "short")
            for minute, asks in zip(minutes, growth[side], strict=True)
            if asks
        }

    assert read(options(direction=direction)) == grows
    assert read(options(direction=[direction])) == grows
    cells = signals(**{"fake.direction": pl.lit(direction)})
    assert read(replace(cells, options={"fake": {"direction": "both"}})) == grows


def test_a_stop_that_reverses_may_fill_on_any_bar():
    reverse = options(upon_stop_exit="reverse")
    assert allowance_for(reverse, FAKE, ["A"]).growth is None
    assert audited(book([FILLS[0], Fill(3, -4.0, 11.0)], refused=False), reverse) == {}


def tape(*rows: dict[str, Any]) -> Scenario:
    base = {"symbol": "A", "kind": "market", "unit": "units"}
    frame = pl.DataFrame([base | row for row in rows], schema=TAPE)
    return replace(story(), script=Script("orders", frame))


def test_a_market_order_may_grow_a_position_on_the_next_bar_only():
    buys = tape(
        {"order_id": 0, "timestamp": at(0), "quantity": 2.0},
        {"order_id": 1, "timestamp": at(2), "quantity": -2.0},
        {"order_id": 2, "timestamp": at(3), "quantity": 2.0},
    )
    assert audited(book(), buys) == {}
    late = tape({"order_id": 0, "timestamp": at(1), "quantity": 2.0})
    assert audited(book(), late)["growth_was_asked"].bar == 1


def test_a_contingent_order_closes_and_never_opens():
    """A bracket whose stop and target both fill would end up short."""
    bracket = tape(
        {"order_id": 0, "timestamp": at(0), "quantity": 2.0},
        {"order_id": 1, "timestamp": at(0), "quantity": -2.0, "kind": "stop", "parent_id": 0},
        {"order_id": 2, "timestamp": at(0), "quantity": -2.0, "kind": "limit", "parent_id": 0},
    )
    once = book(FILLS[:2], refused=False)
    twice = book([FILLS[0], FILLS[1], FILLS[1]], refused=False)
    assert audited(once, bracket) == {}
    assert set(audited(twice, bracket)) == {"growth_was_asked"}


def test_orders_that_wait_for_a_price_may_fill_on_any_bar():
    waits = tape({"order_id": 0, "timestamp": at(0), "quantity": 2.0, "kind": "limit"})
    assert allowance_for(waits, FAKE, ["A"]).growth is None


def test_slippage_moves_a_price_out_of_its_bar_so_far_and_no_further():
    """Bar 1 ends at its high of 11; with 1 % the buyer may pay 11.11."""
    slipped = book([Fill(1, 2.0, 11.11), *FILLS[1:]])
    beyond = book([Fill(1, 2.0, 11.12), *FILLS[1:]])
    paid = story(account=Account(cash=100.0, commission=0.01, slippage=0.01))
    assert set(audited(slipped)) == {"price_inside_bar"}
    assert audited(slipped, paid) == {}
    assert audited(slipped, options(slippage=0.01)) == {}
    assert audited(slipped, signals(**{"fake.slippage": pl.lit(0.01)})) == {}
    found = audited(beyond, paid)["price_inside_bar"]
    assert found.should == pytest.approx(11.11)


def test_prices_of_the_script_itself_may_be_anything():
    elsewhere = book([Fill(1, 2.0, 20.0), *FILLS[1:]])
    base = story()
    scalar = replace(base, script=replace(base.script, defaults={"price": 20.0}))
    assert audited(elsewhere, scalar) == {}
    assert audited(elsewhere, signals(price=pl.lit(20.0))) == {}
    at_open = replace(base, script=replace(base.script, defaults={"price": "open"}))
    assert set(audited(elsewhere, at_open)) == {"price_inside_bar"}


@pytest.mark.parametrize("column, value", [("high", float("nan")), ("high", 10.5), ("open", None)])
def test_an_incomplete_bar_has_no_inside(column: str, value: float | None):
    """Bar 1 without a high or an open, or with a high below its close of 11."""
    base = story()
    cell = pl.when(pl.col("timestamp") == at(1)).then(pl.lit(value, pl.Float64()))
    bars = base.bars.with_columns(cell.otherwise(pl.col(column)).alias(column))
    dearer = book([Fill(1, 2.0, 11.5), *FILLS[1:]])
    assert set(audited(dearer)) == {"price_inside_bar"}
    assert audited(dearer, replace(base, bars=bars)) == {}


def test_a_rebate_must_be_set():
    """Commission of -1 %: each order earns 1 % of its value."""
    tables = book()
    fees = -tables["fills"]["commission"]
    tables["fills"] = tables["fills"].with_columns(commission=fees)
    assert "fee_not_negative" in audited(tables)
    rebate = story(account=Account(cash=100.0, commission=-0.01))
    assert "fee_not_negative" not in audited(tables, rebate)
    assert "fee_not_negative" not in audited(tables, options(fixed_fees=[-1.0]))


def test_the_start_is_the_account_s_or_the_option_s_or_unknown():
    """The ledger starts with 100; another declared start is caught, an unknown one is not."""
    assert "cash_conserved" in audited(book(), story(account=Account(cash=101.0)))
    assert audited(book(), options(init_cash=100)) == {}
    assert "order_cash_conserved" in audited(book(), options(init_cash=[99.0]))
    assert audited(book(), options(init_cash="auto")) == {}
    leak = with_cell("equity", 3, "cash", 99.55)
    assert "cash_conserved" in audited(leak, options(init_cash="auto"))


def shared() -> tuple[Tables, pl.DataFrame]:
    """A and B in one account of 100: buy one A at 11 on bar 1, one B at 20 on bar 2."""
    one = story().bars
    flat = {name: pl.lit(20.0) for name in ("open", "high", "low", "close")}
    bars = pl.concat([one, one.with_columns(symbol=pl.lit("B"), **flat)])
    rows = [(0, 0, at(1), "A", 1.0, 11.0, 0.0), (1, 1, at(2), "B", 1.0, 20.0, 0.0)]
    orders = [
        (0, at(1), "A", 1.0, 11.0, "filled", "", 89.0, 1.0),
        (1, at(2), "B", 1.0, 20.0, "filled", "", 69.0, 1.0),
    ]
    cash = [100.0, 89.0, 69.0, 69.0, 69.0, 69.0]
    worth = [0.0, 11.0, 32.0, 31.0, 29.0, 30.0]
    equity = [
        (at(bar), "A+B", money, money + held)
        for bar, (money, held) in enumerate(zip(cash, worth, strict=True))
    ]
    told = {"fills": rows, "orders": orders, "equity": equity}
    return {
        name: pl.DataFrame(told[name], schema=TABLES[name], orient="row") for name in told
    }, bars


def test_symbols_that_share_an_account_add_up_together():
    tables, bars = shared()
    allowance = Allowance(cash={"A+B": 100.0})
    assert find_violations(tables, bars, allowance) == ()
    poorer = {**tables, "equity": tables["equity"].with_columns(pl.col("equity") - 0.01)}
    assert [v.rule for v in find_violations(poorer, bars, allowance)] == ["equity_adds_up"]


def test_a_symbol_without_a_price_yet_counts_only_if_it_is_held():
    """B has no close before bar 3; until then its position has no known worth."""
    tables, bars = shared()
    blank = pl.when((pl.col("symbol") == "B") & (pl.col("timestamp") < at(3))).then(float("nan"))
    bars = bars.with_columns(close=blank.otherwise("close"))
    assert find_violations(tables, bars, Allowance(cash={"A+B": 100.0})) == ()
    wrong = tables["equity"].with_columns(
        equity=pl.when(pl.col("timestamp") == at(1)).then(101.0).otherwise("equity")
    )
    found = find_violations({**tables, "equity": wrong}, bars, Allowance(cash={"A+B": 100.0}))
    assert [(v.rule, v.bar) for v in found] == [("equity_adds_up", 1)]


TRADES = st.lists(
    st.tuples(st.integers(0, 5), st.floats(0.01, 1e6), st.booleans()), max_size=12
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@settings(max_examples=50)
@given(TRADES)
def test_any_honest_ledger_adds_up(rows: list[tuple[int, float, bool]]):
    """Long and short, tiny and huge: sums may round, but never so much that a rule fires."""
    closes = story().bars["close"]
    fills = [Fill(bar, size if buy else -size, closes[bar]) for bar, size, buy in rows]
    found = audit(Recorded(book(fills, refused=False)), options(upon_stop_exit="reverse"), FAKE)
    assert found == ()


def test_a_platform_of_waiting_orders_may_fill_them_in_parts() -> None:
    """Of an order of 2 one was filled, and the other is still waited for."""
    tables = book([Fill(1, 1.0, 11.0)])
    asked = pl.when(status="filled").then(2.0).otherwise("quantity")
    waiting = tables["orders"].with_columns(quantity=asked, status=pl.lit("open"))
    held, bars = {**tables, "orders": waiting}, story().bars
    parts = plain(story(), FAKE, ["A"])
    assert find_violations(held, bars, parts) == ()
    (broken,) = find_violations(held, bars, replace(parts, in_parts=False))
    assert broken.rule == "fill_has_order"


def test_parts_of_an_order_may_not_exceed_it() -> None:
    """One is bought for an order of half."""
    tables = book([Fill(1, 1.0, 11.0)])
    asked = pl.when(status="filled").then(0.5).otherwise("quantity")
    held = {**tables, "orders": tables["orders"].with_columns(quantity=asked)}
    (broken,) = find_violations(held, story().bars, plain(story(), FAKE, ["A"]))
    assert (broken.rule, broken.found, broken.should) == ("parts_within_order", 1.0, 0.5)
