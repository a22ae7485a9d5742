"""What must hold in any ledger of any platform, whatever its rules are.

Two engines can be wrong in the same way; money and positions still have to add up. Every rule is
checked on the fills, not on what a model says of itself, and returns the rows that break it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from engine.schema import Status
from parity.allowance import Allowance
from parity.tolerance import Tolerance

CONSERVED: Final = Tolerance(
    "conserved",
    "the sums are taken in another order than the model's, and a platform may snap a balance to "
    "zero when it is within 1e-9 of what was just paid; relative to all that ever moved",
    relative=1e-9,
    absolute=1e-9,
)

# When and where a rule is broken, what was found there and what should have been.
BROKEN: Final = ("timestamp", "place", "found", "should")


@dataclass(frozen=True, slots=True)
class Ledger:
    """The tables of one run, with what the rules need beside each fill.

    ``fills`` has ``account``, ``spent`` (price x quantity + commission), ``moved`` (the same
    without signs), and ``before`` and ``after``: the symbol's position around the fill.
    ``members`` holds account and symbol.
    """

    fills: pl.DataFrame
    orders: pl.DataFrame
    equity: pl.DataFrame
    bars: pl.DataFrame
    members: pl.DataFrame
    allowance: Allowance


def open_ledger(
    tables: Mapping[str, pl.DataFrame], bars: pl.DataFrame, allowance: Allowance
) -> Ledger:
    """Lay out a run's tables for the rules; an account is named by its symbols, joined by "+"."""
    symbols = set(bars["symbol"].unique())
    members = [
        {"account": account, "symbol": symbol}
        for account in tables["equity"]["account"].unique(maintain_order=True)
        for symbol in ([account] if account in symbols else account.split("+"))
    ]
    owners = pl.DataFrame(members, schema={"account": pl.String(), "symbol": pl.String()})
    value = pl.col("quantity") * pl.col("price")
    fills = (
        tables["fills"]
        .sort("timestamp", maintain_order=True)
        .join(owners, on="symbol", how="left", maintain_order="left")
        .with_columns(
            spent=value + pl.col("commission"),
            moved=value.abs() + pl.col("commission").abs(),
            after=pl.col("quantity").cum_sum().over("symbol"),
        )
        .with_columns(before=pl.col("after").shift(1, fill_value=0.0).over("symbol"))
    )
    return Ledger(fills, tables["orders"], tables["equity"], bars, owners, allowance)


def _broken(
    rows: pl.DataFrame, test: pl.Expr, found: str, should: str | float | None, place: str = "symbol"
) -> pl.DataFrame:
    """The rows that fail, in the columns of BROKEN. Where the test is null, nothing is known."""
    wanted = pl.col(should) if isinstance(should, str) else pl.lit(should)
    columns = {"found": pl.col(found), "should": wanted}
    numbers = {name: column.cast(pl.Float64()) for name, column in columns.items()}
    return rows.filter(test).select("timestamp", place=pl.col(place), **numbers)


def _strays(found: str, should: str, moved: str) -> pl.Expr:
    """Whether a balance is off by more than its sums may round.

    NaN adds up only to NaN and infinity to infinity: a fill of no number leaves none. vectorbt
    fills infinite shares (scenarios infinite_size_in_lots, infinite_share_sold_at_a_stop).
    """
    slack = CONSERVED.absolute + CONSERVED.relative * (pl.col(moved) + pl.col(should).abs())
    gap = (pl.col(found) - pl.col(should)).abs()
    same = pl.col(found) == pl.col(should)  # to polars NaN is NaN
    return ((gap > slack) | gap.is_nan()) & ~same


def _one_fill_per_order(ledger: Ledger) -> pl.DataFrame:
    fills = ledger.fills.with_columns(count=pl.len().over("order_id"))
    return _broken(fills, (pl.col("count") > 1) & (not ledger.allowance.in_parts), "count", 1)


def _parts_within_order(ledger: Ledger) -> pl.DataFrame:
    """What an order's fills sum to so far, on platforms that tell an order's size in units."""
    size = pl.col("quantity").abs()
    orders = ledger.orders.select("order_id", asked=size)
    fills = ledger.fills.with_columns(sum=size.cum_sum().over("order_id"))
    most = pl.col("asked") * (1 + CONSERVED.relative) + CONSERVED.absolute
    over = (pl.col("sum") > most) & ledger.allowance.in_parts
    return _broken(fills.join(orders, on="order_id"), over, "sum", "asked")


def _fill_has_order(ledger: Ledger) -> pl.DataFrame:
    """An order filled in parts may have been withdrawn or be open after some of them."""
    if ledger.allowance.in_parts:
        orphans = ledger.fills.join(ledger.orders, on=["order_id", "symbol"], how="anti")
        return _broken(orphans, pl.lit(value=True), "quantity", None)
    filled = ledger.orders.filter(pl.col("status") == Status.FILLED.value)
    orphans = ledger.fills.join(filled, on=["order_id", "timestamp", "symbol"], how="anti")
    return _broken(orphans, pl.lit(value=True), "quantity", None)


def _filled_order_has_fill(ledger: Ledger) -> pl.DataFrame:
    filled = ledger.orders.filter(pl.col("status") == Status.FILLED.value)
    empty = filled.join(ledger.fills, on="order_id", how="anti")
    return _broken(empty, pl.lit(value=True), "quantity", None)


def _fill_on_side_of_order(ledger: Ledger) -> pl.DataFrame:
    orders = ledger.orders.select("order_id", asked="quantity")
    fills = ledger.fills.join(orders, on="order_id")
    opposite = pl.col("quantity").sign() * pl.col("asked").sign() < 0
    return _broken(fills, opposite, "quantity", "asked")


def _growth_was_asked(ledger: Ledger) -> pl.DataFrame:
    growth = ledger.allowance.growth
    if growth is None:
        return _broken(ledger.fills, pl.lit(value=False), "after", "before")
    fills = ledger.fills.join(
        growth, on=["timestamp", "symbol"], how="left", maintain_order="left"
    ).with_columns(slack=CONSERVED.relative * pl.col("quantity").abs().cum_sum().over("symbol"))
    longer = pl.col("after") > pl.col("before").clip(lower_bound=0) + pl.col("slack")
    shorter = pl.col("after") < pl.col("before").clip(upper_bound=0) - pl.col("slack")
    asked = {name: pl.col(name).fill_null(value=False) for name in ("long", "short")}
    test = (longer & ~asked["long"]) | (shorter & ~asked["short"])
    return _broken(fills, test, "after", "before")


def _fee_not_negative(ledger: Ledger) -> pl.DataFrame:
    fee = pl.col("commission")
    allowed = ledger.allowance.negative_fees
    lost = fee.is_nan() & pl.col("quantity").is_finite()
    return _broken(ledger.fills, (fee < 0) & (not allowed) | lost, "commission", 0)


def _price_inside_bar(ledger: Ledger) -> pl.DataFrame:
    """Beyond high or low by more than slippage; an incomplete bar has no inside, an absent none."""
    if ledger.allowance.any_price:
        return _broken(ledger.fills, pl.lit(value=False), "price", 0)
    bars = ledger.bars.with_columns(there=pl.lit(value=True))
    fills = ledger.fills.join(bars, on=["timestamp", "symbol"], how="left")
    prices = [pl.col(name) for name in ("open", "high", "low", "close")]
    whole = pl.all_horizontal(price.is_finite() for price in prices)
    whole &= pl.col("low") <= pl.min_horizontal(prices)
    whole &= pl.col("high") >= pl.max_horizontal(prices)
    slip = ledger.allowance.slippage + CONSERVED.relative
    nearest = pl.col("price").clip(pl.col("low") * (1 - slip), pl.col("high") * (1 + slip))
    outside = whole & (pl.col("price").ne(nearest) | pl.col("price").is_nan())
    absent = pl.col("there").is_null()
    return _broken(fills.with_columns(nearest=nearest), absent | outside, "price", "nearest")


def _position_conserved(ledger: Ledger) -> pl.DataFrame:
    """The position after each order is the sum of the fills so far."""
    sizes = ledger.fills.select("order_id", size="quantity")
    rows = ledger.orders.join(sizes, on="order_id", how="left", maintain_order="left")
    size = pl.col("size").fill_null(0)
    rows = rows.with_columns(
        should=size.cum_sum().over("symbol"), moved=size.abs().cum_sum().over("symbol")
    )
    return _broken(rows, _strays("position", "should", "moved"), "position", "should")


def _order_cash_conserved(ledger: Ledger) -> pl.DataFrame:
    """Cash after each order is the start, where known, less all that was spent."""
    spent = ledger.fills.select("order_id", "spent", "moved")
    rows = ledger.orders.join(spent, on="order_id", how="left", maintain_order="left")
    rows = rows.join(ledger.members, on="symbol", how="left", maintain_order="left")
    sums = (pl.col("spent", "moved").fill_null(0)).cum_sum().over("account")
    rows = rows.with_columns(sums).with_columns(should=_start(ledger) - pl.col("spent"))
    return _broken(rows, _strays("cash", "should", "moved"), "cash", "should")


def _cash_conserved(ledger: Ledger) -> pl.DataFrame:
    """Cash at each bar is the start (else what the first bar implies) less all that was spent."""
    rows = _paid(ledger)
    first = (pl.col("cash") + pl.col("spent")).first().over("account")
    rows = rows.with_columns(should=pl.coalesce(_start(ledger), first) - pl.col("spent"))
    return _broken(rows, _strays("cash", "should", "moved"), "cash", "should", "account")


def _equity_adds_up(ledger: Ledger) -> pl.DataFrame:
    """Equity is cash plus every position at the last close its symbol had.

    Where cash is a balance, what was spent stands for it, until nothing is left.
    """
    close = pl.col("close")
    closes = ledger.bars.filter(close.is_not_null() & ~close.is_nan())
    closes = closes.select("timestamp", "symbol", "close").sort("timestamp")
    held = ledger.fills.select("timestamp", "symbol", held="after")
    grid = ledger.equity.select("timestamp", "account").join(ledger.members, on="account")
    grid = grid.sort("timestamp").pipe(_latest, held, "symbol").pipe(_latest, closes, "symbol")
    held_now = pl.col("held").fill_null(0.0)
    # Before its first close a symbol has no price; that matters only if it is held.
    priced = close.is_not_null() | (
        (held_now == 0) & pl.col("symbol").is_in(closes["symbol"].unique().to_list())
    )
    worth = pl.when(priced).then(held_now * close.fill_null(0.0))
    values = grid.group_by("timestamp", "account").agg(
        worth=pl.when(worth.is_not_null().all()).then(worth.sum()), size=worth.abs().sum()
    )
    rows = _paid(ledger).join(values, on=["timestamp", "account"])
    cash = pl.col("cash")
    if ledger.allowance.balance:
        cash = _start(ledger) - pl.col("spent")
        rows = rows.filter(pl.col("equity") > 0)
    rows = rows.with_columns(should=cash + pl.col("worth"), moved=pl.col("moved") + pl.col("size"))
    return _broken(rows, _strays("equity", "should", "moved"), "equity", "should", "account")


def _paid(ledger: Ledger) -> pl.DataFrame:
    """The equity table with what each account had spent and moved by each bar."""
    sums = pl.col("spent", "moved").cum_sum().over("account")
    paid = ledger.fills.select("timestamp", "account", sums)
    rows = ledger.equity.sort("timestamp").pipe(_latest, paid, "account")
    return rows.with_columns(pl.col("spent", "moved").fill_null(0.0))


def _latest(rows: pl.DataFrame, events: pl.DataFrame, by: str) -> pl.DataFrame:
    """Give each row the last event not after it; both rise in time."""
    return rows.join_asof(events, on="timestamp", by=by, check_sortedness=False)


def _start(ledger: Ledger) -> pl.Expr:
    cash = dict(ledger.allowance.cash)
    return pl.col("account").replace_strict(cash, default=None, return_dtype=pl.Float64())


Rule = Callable[[Ledger], pl.DataFrame]

# Each rule with the sentence that tells of its breach.
RULES: Final[Mapping[str, tuple[Rule, str]]] = {
    "one_fill_per_order": (_one_fill_per_order, "one order was filled {found:g} times"),
    "parts_within_order": (
        _parts_within_order,
        "the fills of an order of {should} sum to {found}",
    ),
    "fill_has_order": (_fill_has_order, "a fill of {found} belongs to no filled order of its bar"),
    "filled_order_has_fill": (_filled_order_has_fill, "the filled order of {found} has no fill"),
    "fill_on_side_of_order": (_fill_on_side_of_order, "a fill of {found} for an order of {should}"),
    "growth_was_asked": (
        _growth_was_asked,
        "the position went from {should} to {found}, but the script asks for no such entry here",
    ),
    "fee_not_negative": (_fee_not_negative, "a commission of {found}, but no rebate was set"),
    "price_inside_bar": (
        _price_inside_bar,
        "filled at {found}, outside its bar; the nearest price it can have is {should}",
    ),
    "position_conserved": (
        _position_conserved,
        "a position of {found} after the order, but the fills so far sum to {should}",
    ),
    "order_cash_conserved": (
        _order_cash_conserved,
        "cash of {found} after the order, but the fills so far leave {should}",
    ),
    "cash_conserved": (_cash_conserved, "cash of {found}, but the fills so far leave {should}"),
    "equity_adds_up": (
        _equity_adds_up,
        "equity of {found}, but cash and positions at the last close are worth {should}",
    ),
}
