"""Some sets of a search, scored where the bars are; whatever goes wrong with one is its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.optimizer.shared import TROUBLE
from engine.optimizer.trial import Scorer
from engine.strategy import StrategyBase

Kind = type[StrategyBase]
# Numbers what a table's rows are of; a search of one span has no column for it. Strategies call
# parameters "window".
WINDOW: Final = "window_number"


@dataclass(frozen=True, slots=True)
class Batch:
    """Some sets of a search: their numbers, and their parameters, a row each."""

    trials: tuple[int, ...]
    sets: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Answer:
    """Their metrics, (sets, windows, metrics), NaN where a set failed; errors by trial."""

    batch: Batch
    values: Floats
    errors: Mapping[int, str]


def batches(
    sets: pl.DataFrame, trials: Sequence[int], size: Callable[[int], int]
) -> Iterator[Batch]:
    """The sets of some trials in order, so many at once as ``size`` says of those that are left."""
    start = 0
    while start < len(trials):
        some = tuple(trials[start : start + size(len(trials) - start)])
        yield Batch(some, sets[list(some)])
        start += len(some)


def near_first(sets: pl.DataFrame) -> list[int]:
    """All sets in an order in which neighbours follow one another in every parameter.

    Row by row, a grid would use each indicator of its last parameter once in every row and find it
    gone from the processor's cache, or from ``SharedIndicators``, the next time. Ranks with their
    bits interleaved (Morton's curve) come back to each indicator at once.
    """
    ranks = [
        column.rank("dense").fill_null(1).cast(pl.Int64()).to_numpy() - 1
        for column in sets.iter_columns()
    ]
    code = np.zeros(sets.height, dtype=np.int64)
    bits = 62 // max(len(ranks), 1)
    for bit in range(min(bits, 21)):
        for place, rank in enumerate(reversed(ranks)):
            code |= ((rank >> bit) & 1) << (bit * len(ranks) + place)
    return [int(trial) for trial in np.argsort(code, kind="stable")]


def answer(scorer: Scorer, kind: Kind, fixed: Mapping[str, Any], batch: Batch) -> Answer:
    """Score some sets."""
    shape = (len(batch.trials), max(len(scorer.windows), 1), len(scorer.metrics))
    values, errors = np.full(shape, np.nan), {}
    made: dict[int, StrategyBase] = {}
    for place, params in enumerate(batch.sets.iter_rows(named=True)):
        try:
            made[place] = kind(**fixed, **params)
        except TROUBLE as error:
            errors[batch.trials[place]] = told_of(error)
    found = scorer.score_all(list(made.values()))
    for place, told in zip(made, found, strict=True):
        if isinstance(told, BaseException):
            errors[batch.trials[place]] = told_of(told)
        else:
            values[place] = told
    return Answer(batch, values, errors)


def told_of(error: BaseException) -> str:
    """An error as a row tells it."""
    return f"{type(error).__name__}: {error}"


def together(answers: Sequence[Answer]) -> Answer:
    """Several answers as one."""
    trials = tuple(trial for told in answers for trial in told.batch.trials)
    sets = pl.concat([told.batch.sets for told in answers])
    errors = {trial: error for told in answers for trial, error in told.errors.items()}
    return Answer(Batch(trials, sets), np.concatenate([told.values for told in answers]), errors)


def table_of(told: Answer, metrics: Sequence[str], *, windowed: bool) -> pl.DataFrame:
    """Window, trial, parameters, metrics, status and error, a row per set (and window)."""
    errors = [told.errors.get(trial) for trial in told.batch.trials]
    head = told.batch.sets.select(pl.Series("trial", told.batch.trials, pl.UInt32()), pl.all())
    tail = [
        pl.Series("status", ["scored" if one is None else "failed" for one in errors]),
        pl.Series("error", errors, pl.String()),
    ]
    parts = []
    for place in range(told.values.shape[1]):
        numbers = pl.DataFrame(told.values[:, place, :], schema=list(metrics), orient="row")
        part = head.hstack(numbers).hstack(tail)
        number = pl.lit(place, pl.UInt32()).alias(WINDOW)
        parts.append(part.select(number, pl.all()) if windowed else part)
    return pl.concat(parts)


__all__ = [
    "WINDOW",
    "Answer",
    "Batch",
    "answer",
    "batches",
    "near_first",
    "table_of",
    "together",
]
