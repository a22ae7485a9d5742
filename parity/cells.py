"""Single values that differ in paired rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import polars as pl

from engine.schema import TABLES
from parity.align import Aligned, known_at
from parity.divergence import DIVERGENCES, Severity
from parity.match import Class
from parity.tolerance import EXACT, ROUNDING, Flags, Tolerance, same, ulps

_COUNTERS = ("order_id", "fill_id", "trade_id", "position_id")


def differing_cells(
    pair: Aligned, skip: Collection[str], tolerances: Mapping[str, Tolerance]
) -> pl.DataFrame:
    """Every value of paired rows that is not the same on both sides: a DIVERGENCES frame."""
    found = [pl.DataFrame(schema=DIVERGENCES)]
    for field, dtype in TABLES[pair.table].items():
        if field in skip:
            continue
        ours = pair.reference[field].gather(pair.one["reference"])
        theirs = pair.replay[field].gather(pair.one["replay"])
        tolerance = tolerances.get(f"{pair.table}.{field}", EXACT)
        number = dtype == pl.Float64()
        differ = _numbers(ours, theirs, tolerance) if number else ours.ne_missing(theirs).to_numpy()
        if differ.any():
            found.append(_tell(pair, field, pair.one.filter(differ)))
    return pl.concat(found)


def _numbers(ours: pl.Series, theirs: pl.Series, tolerance: Tolerance) -> Flags:
    nulls: Flags = (ours.is_null() != theirs.is_null()).to_numpy()
    return nulls | ~same(ours.to_numpy(), theirs.to_numpy(), tolerance)


def _tell(pair: Aligned, field: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Where the values of one field differ, how far, and what that costs."""
    left, right = pair.reference[rows["reference"]], pair.replay[rows["replay"]]
    seen = [known_at(side, pair.shape) for side in (left, right)]
    columns: dict[str, Any] = {
        "row": rows["reference"],
        "timestamp": pl.select(pl.min_horizontal(*seen)).to_series(),
    }
    dtype = TABLES[pair.table][field]
    if field in pair.shape.times:
        columns |= _times(pair, left[field], right[field])
    elif dtype == pl.String():
        critical = field == "status"
        columns |= _texts(left[field], right[field])
        columns["severity"] = (Severity.CRITICAL if critical else Severity.MAJOR).value
    else:
        columns |= _amounts(pair, field, left[field], right[field])
        columns["money"] = _money(pair.table, field, columns["difference"], right)
    return pair.found(left, {"class": _class(pair, field), **columns}, field=field)


def _class(pair: Aligned, field: str) -> str:
    if field in pair.shape.prices:
        return Class.PRICE.value
    if field == pair.shape.quantity:
        return Class.QUANTITY.value
    return (Class.FEE if field in pair.shape.fees else Class.VALUE).value


def _texts(ours: pl.Series, theirs: pl.Series) -> dict[str, pl.Series]:
    return {"reference_text": ours, "replay_text": theirs}


def _times(pair: Aligned, ours: pl.Series, theirs: pl.Series) -> dict[str, Any]:
    """Times differ in bars; a time that only one side has is another value, not early or late."""
    spell = [side.dt.to_string("iso:strict") for side in (ours, theirs)]
    early = pl.when(theirs < ours).then(pl.lit(Class.EARLY.value))
    late = early.when(theirs > ours).then(pl.lit(Class.LATE.value))
    return {
        "class": pl.select(late.otherwise(pl.lit(Class.VALUE.value))).to_series(),
        "severity": Severity.MAJOR.value,
        "difference": (pair.bars(theirs) - pair.bars(ours)).cast(pl.Float64()),
        **_texts(*spell),
    }


def _amounts(pair: Aligned, field: str, ours: pl.Series, theirs: pl.Series) -> dict[str, Any]:
    left, right = (side.cast(pl.Float64()) for side in (ours, theirs))
    before, after = left.to_numpy(), right.to_numpy()
    minor = same(before, after, ROUNDING) | (field in _COUNTERS)
    severity = np.where(minor, Severity.MINOR.value, Severity.MAJOR.value).astype(object)
    if field == pair.shape.quantity:
        severity[before * after < 0] = Severity.CRITICAL.value
    steps = pl.Series(ulps(before, after), dtype=pl.UInt64())
    known = pl.Series(~(np.isnan(before) | np.isnan(after)))
    return {
        "severity": pl.Series(severity, dtype=pl.String()),
        "reference": left,
        "replay": right,
        "difference": _finite(right - left),
        "ulps": pl.select(pl.when(known).then(steps)).to_series(),
    }


def _money(table: str, field: str, difference: pl.Series, replay: pl.DataFrame) -> pl.Series | None:
    """What a difference alone adds to the replay's profit; None where that cannot be said."""
    if field in ("pnl", "cash", "equity"):
        return difference
    if field.endswith("commission"):
        return -difference
    if field == "exit_price":
        return _finite(difference * replay["quantity"])
    if field == "entry_price" or (table, field) == ("fills", "price"):
        return _finite(-difference * replay["quantity"])
    return None


def _finite(numbers: pl.Series) -> pl.Series:
    return pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series()
