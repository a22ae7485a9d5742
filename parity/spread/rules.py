"""Why two platforms part on a bar, read off what each did: the rule in plain words.

Nothing here knows a platform. The reason is found in the two ledgers, the bars and the script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from parity.report.words import number
from parity.spread.part import differing_fills, near
from parity.spread.prices import CLOSE, Basis, bar_at, basis_of
from parity.spread.side import Side
from parity.spread.words import bars_later, money, side_and_size
from scenarios import Scenario

Row = Mapping[str, Any]


class Kind(StrEnum):
    """In what two platforms differ first."""

    PRICE = "price"
    QUANTITY = "quantity"
    COMMISSION = "commission"
    LATER = "later"
    REJECTED = "rejected"
    NOT_FILLED = "not_filled"
    CASH = "cash"
    EQUITY = "equity"
    START = "start"


@dataclass(frozen=True, slots=True)
class Rule:
    """The difference in one line, and what either side did."""

    kind: Kind
    text: str
    first: str
    second: str


def rule_of(scenario: Scenario, first: Side, second: Side, bar: int) -> Rule:
    """The rule by which two sides part on the first bar on which they differ."""
    differing = differing_fills(first, second).filter(pl.col("bar") == bar)
    if differing.height:
        row = differing.row(0, named=True)
        if row["quantity"] is None:
            return _turned(_lone(scenario, second, first, row))
        if row["quantity_right"] is None:
            return _lone(scenario, first, second, row)
        return _other_terms(scenario, first, second, row)
    if bar == 0 and not _same(first.start, second.start):
        told = [number(side.start) for side in (first, second)]
        return Rule(Kind.START, "They do not start with the same money", told[0], told[1])
    if not _same(*(_came(side, bar) for side in (first, second))):
        return _other_cash(first, second, bar)
    return _other_worth(scenario, first, second, bar)


def _turned(rule: Rule) -> Rule:
    return Rule(rule.kind, rule.text, rule.second, rule.first)


def _of(rows: pl.DataFrame, key: Row) -> pl.DataFrame:
    """The rows of one symbol and side."""
    return rows.filter(pl.col("symbol") == key["symbol"], (pl.col("quantity") > 0) == key["buys"])


# --- one fills and the other does not ------------------------------------------------------------


def _lone(scenario: Scenario, does: Side, lacks: Side, key: Row) -> Rule:
    """``does`` fills on the bar; find what became of the same order in ``lacks``."""
    bar = key["bar"]
    done = _of(does.fills, key).filter(pl.col("bar") == bar).row(0, named=True)
    told = _filled(scenario, done)
    refused = _refusal(_of(lacks.orders, key), bar)
    if refused is not None:
        why = f": {refused['reason']}" if refused["reason"] else ""
        word, when = refused["status"], f"bar {refused['bar']}"
        text = f"One platform fills the order, the other has it {word}"
        return Rule(Kind.REJECTED, text, told, f"{word} on {when}{why}")
    if _waits_for_volume(scenario, lacks, done):
        text = "One platform does not fill the order, and never fills on a bar without volume"
        return Rule(Kind.NOT_FILLED, text, told, "no fill; the bar's volume is 0")
    later = _later(does, lacks, key)
    if later is not None:
        return _late(scenario, done, later)
    rest = _of(lacks.orders, key).filter(pl.col("status") != "filled", pl.col("bar") >= bar)
    if rest.height:
        row = rest.row(0, named=True)
        why = f": {row['reason']}" if row["reason"] else ""
        word = "waits to the end" if row["status"] == "open" else f"{row['status']} on bar"
        fate = word if row["status"] == "open" else f"{word} {row['bar']}{why}"
        return Rule(Kind.NOT_FILLED, "One platform fills the order, the other never", told, fate)
    text = "One platform fills an order that the other does not have"
    return Rule(Kind.NOT_FILLED, text, told, "no such fill")


def _refusal(orders: pl.DataFrame, bar: int) -> Row | None:
    """An order turned down on this bar or on the one before it, when it was sent."""
    turned = orders.filter(
        pl.col("status").is_in(["rejected", "ignored"]), pl.col("bar").is_in([bar - 1, bar])
    )
    return turned.row(turned.height - 1, named=True) if turned.height else None


def _waits_for_volume(scenario: Scenario, side: Side, done: Row) -> bool:
    """The bar has no volume, and the platform never filled on such a bar."""
    empty = scenario.bars.filter(pl.col("volume") == 0).select("timestamp", "symbol")
    here = empty.filter(
        pl.col("symbol") == done["symbol"], pl.col("timestamp") == done["timestamp"]
    )
    if here.is_empty():
        return False
    return side.fills.join(empty, on=["timestamp", "symbol"], how="semi").is_empty()


def _later(does: Side, lacks: Side, key: Row) -> Row | None:
    """The next fill of this side, unless the other has one of its own on that bar."""
    bar = key["bar"]
    rest = _of(lacks.fills, key).filter(pl.col("bar") > bar)
    if rest.is_empty():
        return None
    row: Row = rest.row(0, named=True)
    own = _of(does.fills, key)
    before = [own.filter(pl.col("bar") <= row["bar"]).height]
    before.append(_of(lacks.fills, key).filter(pl.col("bar") <= row["bar"]).height)
    return row if before[0] <= before[1] or row["bar"] not in own["bar"] else None


def _late(scenario: Scenario, early: Row, late: Row) -> Rule:
    text = f"The same order, {bars_later(late['bar'] - early['bar'])}"
    names = [basis_of(scenario, row).name for row in (early, late)]
    if all(names):
        text += f": at {names[0]} of bar {early['bar']} or at {names[1]} of bar {late['bar']}"
    return Rule(Kind.LATER, text, *(_filled(scenario, row) for row in (early, late)))


def _filled(scenario: Scenario, row: Row) -> str:
    basis = basis_of(scenario, row).text
    told = f"{side_and_size(row, len(scenario.symbols))} at {number(row['price'])}"
    return told + (f", {basis}," if basis else "") + f" on bar {row['bar']}"


# --- both fill, at other terms -------------------------------------------------------------------


def _other_terms(scenario: Scenario, first: Side, second: Side, key: Row) -> Rule:
    here = pl.col("bar") == key["bar"]
    rows = [_of(side.fills, key).filter(here).row(0, named=True) for side in (first, second)]
    sizes = [abs(key[name]) for name in ("quantity", "quantity_right")]
    prices = [key["value"] / key["quantity"], key["value_right"] / key["quantity_right"]]
    if not _same(*prices):
        return _other_price(scenario, rows, prices, sizes)
    if not _same(*sizes):
        return _other_quantity(first, second, key, sizes)
    fees = [key["commission"], key["commission_right"]]
    told = [f"commission {number(fee)}" for fee in fees]
    return Rule(Kind.COMMISSION, _fees(scenario, key, fees), told[0], told[1])


def _other_price(
    scenario: Scenario, rows: Sequence[Row], prices: list[float], sizes: list[float]
) -> Rule:
    bases = [basis_of(scenario, {**row, "price": p}) for row, p in zip(rows, prices, strict=True)]
    told = [
        f"{number(price)}" + (f", {basis.text}" if basis.name else "")
        for price, basis in zip(prices, bases, strict=True)
    ]
    text = _price_rule(bases, prices)
    if not _same(*sizes):
        told = [f"{number(size)} at {price}" for size, price in zip(sizes, told, strict=True)]
        text += ", and so another quantity"
    return Rule(Kind.PRICE, text, told[0], told[1])


def _price_rule(bases: list[Basis], prices: list[float]) -> str:
    one, other = bases
    if one.name == other.name != "":
        return "The same price, with slippage on one side only"
    if one.name and other.name:
        names = " against ".join(sorted([one.name, other.name]))
        return f"The same order at another price: {names}"
    apart = abs(prices[0] - prices[1]) / abs(prices[1])
    return f"The same order at another price, {100 * apart:.4g} % apart"


def _other_quantity(first: Side, second: Side, key: Row, sizes: list[float]) -> Rule:
    small = first if sizes[0] < sizes[1] else second
    told = [number(size) for size in sizes]
    text = _smaller(small, key, *sorted(sizes))
    return Rule(Kind.QUANTITY, text, told[0], told[1])


def _smaller(small: Side, key: Row, size: float, other: float) -> str:
    """Why one side fills less than the other."""
    fills = _of(small.fills, key)
    here = fills.filter(pl.col("bar") == key["bar"])
    rest = fills.filter(
        pl.col("bar") > key["bar"], pl.col("order_id").is_in(here["order_id"].implode())
    )
    if rest.height:
        more = number(abs(rest["quantity"].sum()))
        return f"One platform fills the order in parts: {number(size)} now, {more} later"
    if size.is_integer() and size == float(int(other)):
        return "One platform fills whole units only"
    if key["buys"] and small.cash[key["bar"]] <= 0.01 * abs(small.start):
        return "One platform cuts the order down to what its cash pays for"
    asked = small.orders.filter(pl.col("order_id").is_in(here["order_id"].implode()))[
        "quantity"
    ].abs()
    if asked.len() and asked.max() > size:  # type: ignore[operator]
        return f"One platform cuts the order down from {number(asked.max())}"
    return "The same order with another quantity"


def _fees(scenario: Scenario, key: Row, fees: list[float]) -> str:
    if 0.0 in fees:
        return "One platform charges no commission for the same fill"
    value, account = abs(key["value"]), scenario.account
    asked = account.commission * value + account.fixed
    odd = [number(fee) for fee in fees if not _same(fee, asked)]
    if len(odd) == 1:
        return f"The same fill with another commission than the account asks for, {odd[0]}"
    return "The same fill with another commission"


# --- the same fills ------------------------------------------------------------------------------


def _came(side: Side, bar: int) -> float:
    """The money that came (below zero: went) on a bar without a fill; 0 where there was one."""
    if bar == 0 or side.fills.filter(pl.col("bar") == bar).height:
        return 0.0
    came = float(side.cash[bar] - side.cash[bar - 1])
    return came if abs(came) > 1e-9 * abs(side.start) else 0.0


def _other_cash(first: Side, second: Side, bar: int) -> Rule:
    told = []
    for side in (first, second):
        cash, came = money(float(side.cash[bar])), _came(side, bar)
        told.append(f"cash {cash}" + (f", {money(came)} of it on this bar" if came else ""))
    return Rule(Kind.CASH, "Money comes or goes without a fill", told[0], told[1])


def _other_worth(scenario: Scenario, first: Side, second: Side, bar: int) -> Rule:
    """The fills are the same: the position is worth something else."""
    told, bases = [], []
    for side in (first, second):
        basis, price = _valuation(scenario, side, bar)
        bases.append(basis)
        each = f", {number(price)} a unit" if price is not None else ""
        at = f" ({basis})" if basis else ""
        told.append(f"equity {money(float(side.equity[bar]))}{each}{at}")
    text = "The same fills, but another equity"
    if all(bases) and bases[0] != bases[1]:
        text += f": the position is valued at {' or at '.join(sorted(bases))}"
    elif any(bases):
        text += f": only one platform values the position at {bases[0] or bases[1]}"
    return Rule(Kind.EQUITY, text, told[0], told[1])


def _valuation(scenario: Scenario, side: Side, bar: int) -> tuple[str, float | None]:
    """At which price one position is valued; nothing can be said of several."""
    held = _until(side, bar).group_by("symbol", maintain_order=True).agg(pl.sum("quantity"))
    held = held.filter(pl.col("quantity").abs() > 1e-12)
    if held.height != 1:
        return "", None
    symbol, quantity = held.row(0)
    done = _until(side, bar)
    spent = (done["quantity"] * done["price"] + done["commission"]).sum()
    price = float(side.equity[bar] - side.start + spent) / quantity
    time = scenario.bars["timestamp"].unique().sort()[bar]
    known = bar_at(scenario, symbol, time)
    if known is not None and _same(price, known["close"]):
        return CLOSE, price
    row = {"symbol": symbol, "timestamp": time, "quantity": quantity, "price": price}
    return basis_of(scenario, row).text, price


def _until(side: Side, bar: int) -> pl.DataFrame:
    return side.fills.filter(pl.col("bar") <= bar)


def _same(one: float, other: float) -> bool:
    return bool(near(_array(one), _array(other)).all())


def _array(value: float) -> Any:
    return pl.Series([value], dtype=pl.Float64()).to_numpy()
