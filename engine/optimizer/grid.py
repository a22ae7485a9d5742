"""Parameter sets as a table: every combination of a grid, or so many at random."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import SearchError
from engine.metrics.catalogue import WIDE
from engine.optimizer.space import Choice, Ranges, Space, spaces_of
from engine.strategy import StrategyBase

Rule = str | pl.Expr | Callable[[dict[str, Any]], bool]
Rules = Rule | Sequence[Rule]
ParamGrid = pl.DataFrame | Iterable[Mapping[str, Any]]
MOST: Final = 20_000_000
# Columns of a score table that are neither parameters nor metrics.
OWN: Final = ("trial", "status", "error", "plateau", "deflated_sharpe")


def generate_grid(ranges: Ranges, *, where: Rules = ()) -> pl.DataFrame:
    """Every combination of the ranges, the last one fastest: one row a set, one column a name.

    ``where`` keeps the sets for which every rule holds: a text such as ``fast < slow``, a Polars
    expression, or a function of a dict. Raises SearchError if nothing is left.
    """
    lists = {name: space.values() for name, space in spaces_of(ranges).items()}
    total = math.prod(map(len, lists.values()))
    if total > MOST:
        raise SearchError(f"the grid has {total:,} sets; up to {MOST:,} fit, or search at random")
    columns, repeat = [], total
    for name, values in lists.items():
        repeat //= len(values)
        places = np.tile(np.repeat(np.arange(len(values)), repeat), total // (repeat * len(values)))
        columns.append(column_of(name, values).gather(places))
    return keep(pl.DataFrame(columns), where)


def random_grid(ranges: Ranges, trials: int, *, seed: int = 0, where: Rules = ()) -> pl.DataFrame:
    """So many different sets drawn from the ranges; fewer only where there are no more.

    The same seed gives the same sets. Raises SearchError if no set that was drawn keeps the rules.
    """
    if trials < 1:
        raise SearchError(f"{trials} trials: give at least one")
    spaces, rng = spaces_of(ranges), np.random.default_rng(seed)
    found = draw(spaces, rng, trials).clear()
    for _ in range(64):
        found = pl.concat([found, filtered(draw(spaces, rng, trials), where)])
        found = found.unique(maintain_order=True)
        if found.height >= trials:
            break
    if found.is_empty():
        raise SearchError(f"none of {64 * trials:,} sets drawn keeps the rules {where!r}")
    return found.head(trials)


def draw(spaces: Mapping[str, Space], rng: np.random.Generator, count: int) -> pl.DataFrame:
    """So many sets, equal ones included."""
    columns = []
    for name, space in spaces.items():
        drawn = space.draw(rng, count)
        columns.append(
            column_of(name, drawn.tolist(), like=space.values())
            if isinstance(space, Choice)
            else pl.Series(name, drawn)
        )
    return pl.DataFrame(columns)


def column_of(name: str, values: Sequence[Any], *, like: Sequence[Any] = ()) -> pl.Series:
    """Values as a column; numbers and texts do not mix."""
    try:
        known = pl.Series(name, like or values, strict=True).dtype
        return pl.Series(name, values, dtype=known, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
        raise SearchError(
            f"{name}: {list(values)[:5]} are of several kinds; give numbers, texts or truth values"
        ) from error


def keep(sets: pl.DataFrame, where: Rules) -> pl.DataFrame:
    """The sets that keep all rules; at least one must."""
    left = filtered(sets, where)
    if left.is_empty():
        raise SearchError(f"none of {sets.height:,} sets keeps the rules {where!r}")
    return left


def filtered(rows: pl.DataFrame, where: Rules) -> pl.DataFrame:
    """The rows that keep all rules, which may name any column."""
    for rule in rules_of(where):
        try:
            rows = rows.filter(_mask(rows, rule))
        except (pl.exceptions.PolarsError, TypeError) as error:
            raise SearchError(f"the rule {rule!r} cannot be read: {first_line(error)}") from error
    return rows


def rules_of(where: Rules) -> list[Rule]:
    """One rule or several, as a list."""
    if isinstance(where, str | pl.Expr) or callable(where):
        return [where]
    return list(where)


def names_in(where: Rules) -> set[str]:
    """Columns that rules name; a rule that is a function names none."""
    found = set[str]()
    for rule in rules_of(where):
        try:
            expr = pl.sql_expr(rule) if isinstance(rule, str) else rule
        except pl.exceptions.PolarsError as error:
            raise SearchError(f"the rule {rule!r} cannot be read: {first_line(error)}") from error
        if isinstance(expr, pl.Expr):
            found |= set(expr.meta.root_names())
    return found


def first_line(error: Exception) -> str:
    """What it says, without the rest."""
    return str(error).partition("\n")[0]


def _mask(rows: pl.DataFrame, rule: Rule) -> pl.Expr | pl.Series:
    if isinstance(rule, str):
        return pl.sql_expr(rule)
    if isinstance(rule, pl.Expr):
        return rule
    return pl.Series([bool(rule(row)) for row in rows.iter_rows(named=True)], dtype=pl.Boolean())


def table_of(sets: ParamGrid) -> pl.DataFrame:
    """Sets as a table, however they were given; at least one."""
    if not isinstance(sets, pl.DataFrame):
        rows = [dict(row) for row in sets]
        odd = [row for row in rows if row.keys() != rows[0].keys()]
        if odd:
            raise SearchError(f"the set {odd[0]} has other names than the first, {rows[0]}")
        names = list(rows[0]) if rows else []
        sets = pl.DataFrame([column_of(name, [row[name] for row in rows]) for name in names])
    if sets.is_empty():
        raise SearchError("there is no parameter set to try; the grid is empty")
    return sets


def check_names(
    kind: type[StrategyBase], names: Iterable[str], taken: Collection[str] = ()
) -> None:
    """Every name is a parameter of the strategy, and none is a column a score table has itself.

    ``taken`` are columns of further tables.
    """
    wanted = inspect.signature(kind).parameters
    free = any(one.kind is one.VAR_KEYWORD for one in wanted.values())
    for name in names:
        if name in WIDE or name in OWN or name in taken:
            raise SearchError(
                f"{kind.name}: the parameter {name!r} has the name of a column of the tables; "
                "rename it in the strategy"
            )
        if name not in wanted and not free:
            raise SearchError(f"{kind.name} has no parameter {name!r}; it has {list(wanted)}")


__all__ = ["ParamGrid", "Rule", "Rules", "check_names", "generate_grid", "random_grid", "table_of"]
