"""Which signal enters or leaves which side, as sparse lists of bars."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.execution.arrays import frozen
from engine.execution.records import BadOption, Floats, Marks
from engine.execution.vectorbt.codes import BOTH, LONG_ONLY, SHORT_ONLY
from engine.execution.vectorbt.state import Signals

NAMES = ("entry", "exit", "short_entry", "short_exit")


def four_signals(marks: Mapping[str, Marks], columns: int) -> Signals:
    """Long entry, long exit, short entry and short exit as they are given."""
    return joined([marks.get(name, none(columns)) for name in NAMES])


def directed_signals(marks: Mapping[str, Marks], direction: Floats, columns: int) -> Signals:
    """Entry and exit alone: ``direction`` says of which side they are.

    For both sides an exit is a short entry. ``direction`` is (columns,) or (bars, columns).
    """
    for name in NAMES[2:]:
        if len(marks.get(name, none(columns)).bars):
            raise BadOption("direction has no effect with short signals; give one or the other")
    entry, leave = (marks.get(name, none(columns)) for name in NAMES[:2])
    short_entry = merged(
        where(entry, direction, SHORT_ONLY, SHORT_ONLY), where(leave, direction, BOTH, BOTH)
    )
    return joined(
        [
            where(entry, direction, LONG_ONLY, BOTH),
            where(leave, direction, LONG_ONLY, LONG_ONLY),
            short_entry,
            where(leave, direction, SHORT_ONLY, SHORT_ONLY),
        ]
    )


def none(columns: int) -> Marks:
    """A signal that is never true."""
    return Marks(np.zeros(columns + 1, dtype=np.int64), np.empty(0, dtype=np.int64))


def columns_of(marks: Marks) -> np.ndarray:
    """The column of every mark."""
    return np.repeat(np.arange(len(marks.start) - 1), np.diff(marks.start))


def where(marks: Marks, direction: Floats, one: int, other: int) -> Marks:
    """The marks at which the direction is one or the other."""
    columns = columns_of(marks)
    there = direction[columns] if direction.ndim == 1 else direction[marks.bars, columns]
    kept = (there == one) | (there == other)
    counts = np.bincount(columns[kept], minlength=len(marks.start) - 1)
    return Marks(np.concatenate(([0], np.cumsum(counts))), marks.bars[kept])


def merged(a: Marks, b: Marks) -> Marks:
    """Bars marked in either."""
    columns = np.concatenate((columns_of(a), columns_of(b)))
    bars = np.concatenate((a.bars, b.bars))
    pairs = np.unique(np.stack((columns, bars)), axis=1)
    counts = np.bincount(pairs[0], minlength=len(a.start) - 1)
    return Marks(np.concatenate(([0], np.cumsum(counts))), pairs[1])


def joined(four: list[Marks]) -> Signals:
    """One list of bars, and where each signal of each column lies in it."""
    shift = np.concatenate(([0], np.cumsum([len(marks.bars) for marks in four])))
    starts = np.stack([marks.start for marks in four]) + shift[:4, None]
    filled = [marks.bars for marks in four if len(marks.bars)]
    bars = filled[0] if len(filled) == 1 else np.concatenate([marks.bars for marks in four])
    return Signals(
        frozen(bars, np.int64),
        frozen(starts[:, :-1], np.int64),
        frozen(starts[:, 1:], np.int64),
    )
