"""Two ledgers agree only if every table, row, column and bit of one is in the other.

Ids count rows, so one lone row shifts all ids after it; they are compared only where both sides
have the same rows. The lone row itself is the divergence then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from engine.errors import InputError, OptionError
from engine.schema import TABLES, conform
from parity.align import Aligned, align
from parity.cells import differing_cells
from parity.divergence import DIVERGENCES, Layer, Severity, in_order, layer_of
from parity.match import Class
from parity.outcome import Missing, Outcome, Recorded, Refused, Unsupported
from parity.rows import differing_rows
from parity.tolerance import Tolerance

Tables = Mapping[str, pl.DataFrame]

# A platform may be unable to build its trades; without the others there is nothing to compare.
REQUIRED: Final = ("orders", "fills", "equity")


def compare(
    reference: Outcome,
    replay: Outcome,
    *,
    clock: pl.Series | None = None,
    tolerances: Mapping[str, Tolerance] | None = None,
) -> pl.DataFrame:
    """All divergences of two outcomes, first one first: a DIVERGENCES frame.

    It is empty if both played the same, both refused for the same reason, or both cannot express
    the script. What failed or is missing agrees with nothing. ``clock`` holds the times of the
    bars; ``tolerances`` maps ``table.field`` to a named tolerance, all other fields are exact.
    """
    if isinstance(reference, Recorded) and isinstance(replay, Recorded):
        return compare_tables(reference.tables, replay.tables, clock=clock, tolerances=tolerances)
    if isinstance(reference, Refused) and isinstance(replay, Refused):
        same = reference.reason == replay.reason
    else:
        same = isinstance(reference, Unsupported) and isinstance(replay, Unsupported)
    if same:
        return pl.DataFrame(schema=DIVERGENCES)
    refused = isinstance(reference, Refused) or isinstance(replay, Refused)
    layer = Layer.ORDER if refused else Layer.SIGNAL
    return _whole(layer, "", Class.OUTCOME, tell(reference), tell(replay))


def compare_tables(
    reference: Tables,
    replay: Tables,
    *,
    clock: pl.Series | None = None,
    tolerances: Mapping[str, Tolerance] | None = None,
) -> pl.DataFrame:
    """All divergences of two ledgers, first one first: a DIVERGENCES frame."""
    sides = (("reference", reference), ("replay", replay))
    _check_names(sides, tolerances or {})
    found = [pl.DataFrame(schema=DIVERGENCES)]
    aligned: dict[str, Aligned] = {}
    for table in TABLES:
        if table in reference and table in replay:
            left, right = (_conformed(side, table, tables) for side, tables in sides)
            # Most tables are the same throughout; pairing rows would only find that out slowly.
            if not left.equals(right):
                aligned[table] = align(table, left, right, clock)
        elif table in reference or table in replay or table in REQUIRED:
            texts = ("there" if table in side else "absent" for side in (reference, replay))
            found.append(_whole(layer_of(table, ""), table, Class.ABSENT, *texts))
    uneven = {table for table, pair in aligned.items() if pair.uneven}
    for table, pair in aligned.items():
        found.append(differing_rows(pair))
        found.append(differing_cells(pair, _shifted(table, uneven), tolerances or {}))
    return in_order(pl.concat(found))


def _check_names(sides: Iterable[tuple[str, Tables]], tolerances: Mapping[str, Tolerance]) -> None:
    """A table or a tolerance under a misspelt name would be compared with nothing."""
    for side, tables in sides:
        unknown = sorted(set(tables) - set(TABLES))
        if unknown:
            raise InputError(f"{side}: unknown tables {unknown}; the tables are {list(TABLES)}")
    fields = {f"{table}.{field}" for table, schema in TABLES.items() for field in schema}
    odd = sorted(set(tolerances) - fields)
    if odd:
        raise OptionError(f"tolerances for {odd}: there is no such table.field")


def _conformed(side: str, table: str, tables: Tables) -> pl.DataFrame:
    return conform(tables[table], TABLES[table], where=f"{side} table {table}")


def tell(outcome: Outcome) -> str:
    """An outcome in a few words."""
    if isinstance(outcome, Recorded):
        return "played"
    if isinstance(outcome, Refused):
        return f"refused: {outcome.reason}"
    if isinstance(outcome, Unsupported):
        return f"unsupported: {outcome.reason}"
    if isinstance(outcome, Missing):
        return f"missing: {outcome.message}"
    return f"failed: {outcome.message}"


def _shifted(table: str, uneven: set[str]) -> tuple[str, ...]:
    """The ids of a table that count rows of a table with lone rows."""
    counted = {"order_id": "orders", "fill_id": "fills", "position_id": "positions"}
    counted["trade_id"] = table
    return tuple(name for name, owner in counted.items() if owner in uneven)


def _whole(layer: Layer, table: str, kind: Class, reference: str, replay: str) -> pl.DataFrame:
    """One divergence of a whole table or run."""
    row = {
        "layer": layer.value,
        "table": table,
        "field": "",
        "class": kind.value,
        "severity": Severity.CRITICAL.value,
        "reference_text": reference,
        "replay_text": replay,
    }
    return pl.DataFrame([row], schema=DIVERGENCES)
