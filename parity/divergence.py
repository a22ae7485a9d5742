"""One value, or one row, in which two ledgers differ, and the words that explain it.

The first divergence in time is the headline of every failure; among those of one bar, the one
nearest to the cause: data before signal before order before fill before cash before equity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import numpy as np
import polars as pl

from engine.schema import TABLES, TIME
from parity.match import Class


class Layer(StrEnum):
    """How deep in a run a value lies; a divergence is passed on downwards only."""

    DATA = "data"
    SIGNAL = "signal"
    ORDER = "order"
    FILL = "fill"
    CASH = "cash"
    EQUITY = "equity"


class Severity(StrEnum):
    """How much a divergence matters.

    Perfect: nothing differs. Minor: the last digits of a number, or only the order or the numbers
    of rows. Major: a time, price, quantity, fee or amount. Critical: a row, table or whole run that
    one side lacks, a trade on the other side of the market, another status.
    """

    PERFECT = "perfect"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


_LAYERS: Final = {
    "orders": Layer.ORDER,
    "fills": Layer.FILL,
    "trades": Layer.FILL,
    "entry_trades": Layer.FILL,
    "positions": Layer.FILL,
    "equity": Layer.DATA,
}
_STATE: Final = {"cash": Layer.CASH, "position": Layer.CASH, "equity": Layer.EQUITY}

# Field "" stands for the whole row, and ``row`` counts in the reference unless the row is extra.
DIVERGENCES: Final = pl.Schema(
    {
        "layer": pl.String(),
        "table": pl.String(),
        "row": pl.Int64(),
        "bar": pl.Int64(),
        "timestamp": TIME,
        "symbol": pl.String(),
        "field": pl.String(),
        "class": pl.String(),
        "severity": pl.String(),
        "reference": pl.Float64(),
        "replay": pl.Float64(),
        "reference_text": pl.String(),
        "replay_text": pl.String(),
        "difference": pl.Float64(),
        "ulps": pl.UInt64(),
        "money": pl.Float64(),
    }
)


_VALUES: Final = ("reference", "replay", "reference_text", "replay_text")


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where two ledgers differ.

    ``row`` is the row of the table in the reference (in the replay if it is extra), ``bar`` the
    number of the bar; ``field`` is "" where a whole row, table or run differs. ``difference`` is
    replay minus reference, in bars for times; ``money`` is what the difference adds to the
    replay's profit, where that can be said of it alone.
    """

    layer: Layer
    table: str
    row: int | None
    bar: int | None
    timestamp: datetime | None
    symbol: str | None
    field: str
    kind: Class
    severity: Severity
    reference: float | str | None
    replay: float | str | None
    difference: float | None
    ulps: int | None
    money: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a report; ``kind`` is called class there."""
        return {
            "layer": self.layer.value,
            "table": self.table,
            "row": self.row,
            "bar": self.bar,
            "timestamp": self.timestamp.isoformat() if self.timestamp else None,
            "symbol": self.symbol,
            "field": self.field,
            "class": self.kind.value,
            "severity": self.severity.value,
            "reference": self.reference,
            "replay": self.replay,
            "difference": self.difference,
            "ulps": self.ulps,
            "money": self.money,
        }


def layer_of(table: str, field: str) -> Layer:
    """The layer a field belongs to; rows of the equity table are bars, so they are data."""
    return _STATE.get(field, _LAYERS[table])


def in_order(divergences: pl.DataFrame) -> pl.DataFrame:
    """Sort by time (what has none concerns the whole run and comes first), layer, table and row."""
    keys = [
        _rank("layer", list(Layer)),
        _rank("table", list(TABLES)),
        pl.col("row"),
        _rank("class", list(Class)),
        _rank("field", [name for schema in TABLES.values() for name in schema]),
    ]
    return divergences.sort("timestamp", *keys, nulls_last=False)


def fingerprint_of(divergences: pl.DataFrame) -> str:
    """A digest of where and by what two ledgers differ; "" if they do not.

    It covers every divergence to the bit, so that a known one cannot hide another. What is derived
    (difference, money, severity) or read off elsewhere (layer, bar) is left out.
    """
    if divergences.is_empty():
        return ""
    digest = hashlib.sha256()
    for name in ("table", "row", "timestamp", "symbol", "field", "class", *_VALUES):
        column = divergences[name].to_physical()
        if column.dtype == pl.String():
            texts = (b"\0" if text is None else text.encode() for text in column)
            digest.update(b"\x1f".join(texts))
            continue
        digest.update(column.is_null().to_numpy().astype("u1").tobytes())
        kind, blank = ("<f8", np.nan) if column.dtype == pl.Float64() else ("<i8", -1)
        numbers = column.fill_null(blank).to_numpy()
        if kind == "<f8":
            # One NaN and one zero stand for all, as in comparing.
            numbers = np.where(np.isnan(numbers), np.nan, numbers + 0.0)
        digest.update(numbers.astype(kind).tobytes())
    return f"sha256:{digest.hexdigest()}"


def _rank(column: str, words: Iterable[str]) -> pl.Expr:
    order = {word: rank for rank, word in enumerate(dict.fromkeys(map(str, words)))}
    return pl.col(column).replace_strict(order, default=-1, return_dtype=pl.Int64())


def read_divergences(frame: pl.DataFrame) -> tuple[Divergence, ...]:
    """The rows of a DIVERGENCES frame as objects."""
    return tuple(_read(row) for row in frame.iter_rows(named=True))


def _read(row: Mapping[str, Any]) -> Divergence:
    def value(side: str) -> float | str | None:
        text: str | None = row[f"{side}_text"]
        return row[side] if text is None else text

    return Divergence(
        layer=Layer(row["layer"]),
        table=row["table"],
        row=row["row"],
        bar=row["bar"],
        timestamp=row["timestamp"],
        symbol=row["symbol"],
        field=row["field"],
        kind=Class(row["class"]),
        severity=Severity(row["severity"]),
        reference=value("reference"),
        replay=value("replay"),
        difference=row["difference"],
        ulps=row["ulps"],
        money=row["money"],
    )
