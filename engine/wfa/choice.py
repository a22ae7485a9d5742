"""Which trial each window takes, and the table of all trials in all windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from engine.errors import SearchError
from engine.execution.records import Floats
from engine.optimizer.batch import WINDOW
from engine.optimizer.objective import Objective
from engine.optimizer.plateau import plateau_scores
from engine.wfa.scoring import SIDES, Part, Plan
from engine.wfa.segments import measured

By = Literal["score", "plateau"]


@dataclass(frozen=True, slots=True)
class Trials:
    """Every set that was tried, a row of ``sets`` each: sums of segments of the whole span, a
    coarse series of returns (sets, spans), errors by row; and per window the score tables of its
    two sides. If the sets are not ``shared``, each table has those that its window tried; the first
    ``blind`` of all sets, and of each table, were tried before anything was known.
    """

    sets: pl.DataFrame
    segments: Floats
    coarse: Floats
    errors: Mapping[int, str]
    tables: Sequence[Mapping[str, pl.DataFrame]]
    shared: bool = True
    blind: int | None = None
    blind_in: Sequence[int] = ()


def trial_table(
    sets: pl.DataFrame,
    metrics: Mapping[str, Floats],
    errors: Mapping[int, str],
    numbers: Sequence[int] | None = None,
) -> pl.DataFrame:
    """One row a trial, as a search's score table: trial, parameters, metrics, status, error.

    ``numbers`` are those of the trials, by which errors are known; their rows if None.
    """
    trials = range(sets.height) if numbers is None else numbers
    told = [errors.get(trial) for trial in trials]
    return sets.select(pl.Series("trial", list(trials), dtype=pl.UInt32()), pl.all()).with_columns(
        *(pl.Series(name, values) for name, values in metrics.items()),
        pl.Series("status", ["scored" if one is None else "failed" for one in told], pl.String()),
        pl.Series("error", told, dtype=pl.String()),
    )


def all_trials(sets: pl.DataFrame, parts: Sequence[Part], plan: Plan) -> Trials:
    """What sets came to that were all tried in every window."""
    sums = np.concatenate([part.windows for part in parts])
    more = np.concatenate([part.more for part in parts])
    errors = errors_of(parts)
    tables = [
        side_tables(sets, sums[:, window], more[:, window], plan, errors)
        for window in range(len(plan.windows))
    ]
    segments = np.concatenate([part.segments for part in parts])
    return Trials(sets, segments, np.concatenate([part.coarse for part in parts]), errors, tables)


def side_tables(
    sets: pl.DataFrame,
    sums: Floats,
    more: Floats,
    plan: Plan,
    errors: Mapping[int, str],
    numbers: Sequence[int] | None = None,
) -> dict[str, pl.DataFrame]:
    """The score tables of the two sides of one window: sums (trials, sides, fields)."""
    sides = {}
    for place, side in enumerate(SIDES):
        metrics = measured(np.ascontiguousarray(sums[:, place]), plan.convention)
        metrics |= {name: more[:, place, number] for number, name in enumerate(plan.more)}
        sides[side] = trial_table(sets, metrics, errors, numbers)
    return sides


def errors_of(parts: Sequence[Part]) -> dict[int, str]:
    """Errors of all trials, by trial."""
    return {trial: text for part in parts for trial, text in part.errors.items()}


def choose(
    tables: Sequence[Mapping[str, pl.DataFrame]],
    params: tuple[str, ...],
    objective: Objective,
    by: By = "score",
) -> list[int | None]:
    """The trial that is best in each training, by its own score or by that of its neighbourhood;
    None where no trial counts.

    Raises SearchError if no trial counts anywhere: then there is nothing to walk.
    """
    found: list[int | None] = []
    for sides in tables:
        best = objective.ranked(sides["train"])
        if by == "plateau" and best.height:
            best = _by_plateau(best, sides["train"], params, objective)
        found.append(None if best.is_empty() else int(best["trial"][0]))
    if any(one is not None for one in found):
        return found
    table = pl.concat(sides["train"] for sides in tables).unique("trial", maintain_order=True)
    failed = table.filter(pl.col("status") == "failed")
    text = f": {failed['error'][0]}" if failed.height else ""
    raise SearchError(
        f"in none of {len(tables)} trainings any of {table.height:,} sets has a "
        f"{objective.metric} to rank ({failed.height:,} failed{text}); widen the windows, loosen "
        "the rules or mend the strategy"
    )


def _by_plateau(
    ranked: pl.DataFrame, table: pl.DataFrame, params: tuple[str, ...], objective: Objective
) -> pl.DataFrame:
    """The sets that count, by the median score of their neighbourhood among all sets."""
    near = plateau_scores(table, params, objective.metric, descending=objective.descending)
    known = table.select("trial", plateau=pl.Series(near).fill_nan(None))
    found = ranked.join(known, on="trial", how="left", maintain_order="left")
    order = [objective.descending, objective.descending, False]
    return found.sort("plateau", objective.metric, "trial", descending=order, nulls_last=True)


def long_scores(tables: Sequence[Mapping[str, pl.DataFrame]]) -> pl.DataFrame:
    """Every trial in every window: its number, side, then the columns of a score table."""
    return pl.concat(
        table.select(
            pl.lit(number, pl.UInt32()).alias(WINDOW), pl.lit(side).alias("side"), pl.all()
        )
        for number, sides in enumerate(tables)
        for side, table in sides.items()
    )


def params_of(sets: pl.DataFrame, trial: int | None) -> dict[str, Any]:
    """The parameters of a trial; null each where there is none."""
    return dict.fromkeys(sets.columns) if trial is None else sets.row(trial, named=True)
