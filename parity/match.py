"""Rows of two ledgers are paired by what they did, so that one missing row shifts no other.

Pairing goes from strict to loose, and the nth row of a key pairs with the nth of the same key:
first the same time, side and terms; then the same time and side at other terms; then up to
``window`` bars later or earlier; then the same time on the other side. A row left over is missing
or extra, unless it completes a row that the other ledger executed in pieces. Every pass is a hash
join over what is still unpaired, so the work grows linearly with the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl

from parity.pieces import find_pieces
from parity.tolerance import Ints


class Class(StrEnum):
    """How a row, or a value, of the replay relates to the reference."""

    EQUAL = "equal"
    EARLY = "early"
    LATE = "late"
    PRICE = "price"
    QUANTITY = "quantity"
    FEE = "fee"
    SPLIT = "split"
    MERGED = "merged"
    MISSING = "missing"
    EXTRA = "extra"
    # What pairing does not see: any other column, the order of rows, whole tables, whole outcomes.
    VALUE = "value"
    SEQUENCE = "sequence"
    ABSENT = "absent"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns of a table say where, when, how much and at what terms."""

    place: str = "symbol"
    times: tuple[str, ...] = ("timestamp",)
    quantity: str | None = "quantity"
    prices: tuple[str, ...] = ("price",)
    fees: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """How much and at what price and fee, strictest to give up last."""
        return (*((self.quantity,) if self.quantity else ()), *self.prices, *self.fees)


_TRADES: Final = Shape(
    times=("entry_time", "exit_time"),
    prices=("entry_price", "exit_price"),
    fees=("entry_commission", "exit_commission"),
)
SHAPES: Final = {
    "orders": Shape(),
    "fills": Shape(fees=("commission",)),
    "trades": _TRADES,
    "entry_trades": _TRADES,
    "positions": _TRADES,
    "equity": Shape(place="account", quantity=None, prices=()),
}

# Row numbers on both sides, null where there is no partner; ``bar`` is the earlier of the two.
ALIGNMENT: Final = pl.Schema(
    {"bar": pl.Int64(), "reference": pl.Int64(), "replay": pl.Int64(), "class": pl.String()}
)


def match(
    reference: pl.DataFrame,
    replay: pl.DataFrame,
    shape: Shape,
    *,
    clock: pl.Series | None = None,
    window: int = 3,
) -> pl.DataFrame:
    """Pair the rows of two tables: an ALIGNMENT, rising in time, then in row number.

    ``clock`` holds the times of all bars; without it, bars are counted in the times the two tables
    name. A row executed in pieces is paired with each of its pieces (split, merged).
    """
    left, right = _coded(reference, replay, shape, clock)
    pairs = _pair(left, right, shape, window)
    pairs = pairs.with_columns(_class(left, right, pairs, shape))
    if shape.quantity:
        pairs = _join_pieces(left, right, pairs, time=shape.times[0], window=window)
    rows = pl.concat([pairs, _lone(left, right, pairs)])
    time = shape.times[0]
    bars = (left[time].gather(rows["reference"]), right[time].gather(rows["replay"]))
    rows = rows.with_columns(bar=pl.select(pl.min_horizontal(*bars)).to_series())
    return rows.select(ALIGNMENT.names()).sort("bar", "reference", "replay", nulls_last=True)


def _coded(
    reference: pl.DataFrame, replay: pl.DataFrame, shape: Shape, clock: pl.Series | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every key as an integer: places by name, times by bar, numbers by their bits."""
    both = (reference, replay)
    names = pl.concat([frame[shape.place] for frame in both]).drop_nulls().unique().sort()
    times = [frame[name].rename("time") for frame in both for name in shape.times]
    if clock is not None:
        times.append(clock.rename("time"))
    ticks = pl.concat(times).drop_nulls().unique().sort().to_physical().to_numpy()
    left, right = (_code(frame, shape, pl.Enum(names), ticks) for frame in both)
    return left, right


def _code(frame: pl.DataFrame, shape: Shape, names: pl.Enum, ticks: Ints) -> pl.DataFrame:
    """Besides the keys: ``<time>@`` is place, side and bar in one number, one bar apart per bar."""
    place = frame[shape.place].cast(names).to_physical().cast(pl.Int64()).fill_null(-1).to_numpy()
    quantity = frame[shape.quantity].to_numpy() if shape.quantity else np.zeros(frame.height)
    side = np.nan_to_num(np.sign(quantity)).astype(np.int64)
    columns = {"row": np.arange(frame.height), "place": place, "side": side}
    for name in shape.times:
        bars = np.searchsorted(ticks, frame[name].to_physical().fill_null(0).to_numpy())
        columns[name] = np.where(frame[name].is_null().to_numpy(), -1, bars)
        # Twice as far apart as there are bars, so that no shift reaches into another place.
        columns[f"{name}@"] = (place * 3 + side) * (2 * len(ticks) + 2) + columns[name]
    for name in shape.terms:
        # Adding zero turns -0.0 into 0.0; one NaN stands for all.
        numbers = frame[name].to_numpy() + 0.0
        columns[name] = np.where(np.isnan(numbers), np.nan, numbers).view(np.int64)
    return pl.DataFrame(columns).with_columns(size=np.abs(quantity))


def _passes(shape: Shape, window: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """The keys of each pass, strict to loose, and by how many bars the replay is late in it."""
    where = tuple(f"{name}@" for name in shape.times)
    if not shape.quantity:
        yield where, 0
        return
    how = (shape.quantity, *shape.prices)
    for terms in ((*how, *shape.fees), how, (shape.quantity,), shape.prices, ()):
        yield (*where, *terms), 0
    if len(where) > 1:
        yield where[1:], 0
        yield where[:1], 0
    for terms in (how, (shape.quantity,), ()):
        for bars in range(1, window + 1):
            yield (where[0], *terms), bars
            yield (where[0], *terms), -bars
    yield ("place", *shape.times), 0


def _pair(left: pl.DataFrame, right: pl.DataFrame, shape: Shape, window: int) -> pl.DataFrame:
    """One-to-one pairs: reference row, replay row."""
    found = [_twins(left, right)]
    for keys, late in _passes(shape, window):
        left, right = _drop(left, found[-1]["reference"]), _drop(right, found[-1]["replay"])
        if left.is_empty() or right.is_empty():
            break
        found.append(_pair_by(left.with_columns(pl.col(keys[0]) + late), right, keys))
    return pl.concat(found)


def _pair_by(left: pl.DataFrame, right: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Pair the nth row of a key with the nth row of the same key."""
    # Most rows have no partner in most passes; one look at the first key spares them the join.
    left = left.filter(pl.col(keys[0]).is_in(right[keys[0]].unique().implode()))
    right = right.filter(pl.col(keys[0]).is_in(left[keys[0]].unique().implode()))
    ours, theirs = _numbered(left, keys), _numbered(right, keys)
    return ours.join(theirs, on=[*keys, "nth"]).select(reference="row", replay="row_right")


def _numbered(side: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Count the rows of each key in ``nth``. (``over`` says the same ten times slower.)"""
    rows = side.select("row", *keys).sort(*keys, "row").with_row_index("at")
    new_key = pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift()) for key in keys)
    start = pl.when(new_key | (pl.col("at") == 0)).then("at").forward_fill()
    return rows.select("row", *keys, nth=pl.col("at") - start)


def _twins(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Rows that are the same at the same row number: in two equal ledgers, all of them."""
    height = min(left.height, right.height)
    twin = np.ones(height, dtype=bool)
    for name in left.columns:
        twin &= left[name].head(height).eq_missing(right[name].head(height)).to_numpy()
    rows = np.flatnonzero(twin)
    return pl.DataFrame({"reference": rows, "replay": rows})


def _drop(side: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return side.filter(~pl.col("row").is_in(rows.implode())) if len(rows) else side


def _class(left: pl.DataFrame, right: pl.DataFrame, pairs: pl.DataFrame, shape: Shape) -> pl.Series:
    """What differs first: time, then price, quantity and fee."""
    ours, theirs = left[pairs["reference"]], right[pairs["replay"]]
    classes = np.full(pairs.height, Class.EQUAL.value, dtype=object)
    quantity = (shape.quantity,) if shape.quantity else ()
    weakest_first = (
        (shape.fees, Class.FEE),
        (quantity, Class.QUANTITY),
        (shape.prices, Class.PRICE),
    )
    for names, word in weakest_first:
        for name in names:
            classes[(ours[name] != theirs[name]).to_numpy()] = word.value
    for name in reversed(shape.times):
        bars = (theirs[name] - ours[name]).to_numpy()
        classes[bars < 0] = Class.EARLY.value
        classes[bars > 0] = Class.LATE.value
    return pl.Series("class", classes, dtype=pl.String())


def _join_pieces(
    left: pl.DataFrame, right: pl.DataFrame, pairs: pl.DataFrame, *, time: str, window: int
) -> pl.DataFrame:
    """Rename the pairs that were cut in pieces, and add the other pieces."""
    sides = ((left, right, "reference", "replay"), (right, left, "replay", "reference"))
    for (whole, part, whole_name, part_name), word in zip(
        sides, (Class.SPLIT, Class.MERGED), strict=True
    ):
        known = pairs.select(whole=whole_name, part=part_name)
        pieces = find_pieces(whole, part, known, time=time, window=window)
        if pieces.is_empty():
            continue
        cut = pl.col(whole_name).is_in(pieces["whole"].implode())
        named = pl.when(cut).then(pl.lit(word.value)).otherwise("class").alias("class")
        added = pieces.select(
            pl.col("whole").alias(whole_name),
            pl.col("part").alias(part_name),
            pl.lit(word.value).alias("class"),
        )
        pairs = pl.concat([pairs.with_columns(named), added.select(pairs.columns)])
    return pairs


def _lone(left: pl.DataFrame, right: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """What has no partner: missing from the replay, or extra in it."""
    missing = _drop(left, pairs["reference"]).select(
        reference="row", replay=pl.lit(None, pl.Int64()), **{"class": pl.lit(Class.MISSING.value)}
    )
    extra = _drop(right, pairs["replay"]).select(
        reference=pl.lit(None, pl.Int64()), replay="row", **{"class": pl.lit(Class.EXTRA.value)}
    )
    return pl.concat([missing, extra])
