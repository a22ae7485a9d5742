"""Boolean matrices as the bars at which they are true."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen, spans, threaded
from engine.execution.kernel import entry
from engine.execution.records import Ints, Marks

PARTS = 8


class Places(NamedTuple):
    """Where flags are set, in the order of memory, as bar and column; and how many per column."""

    bars: Ints
    columns: Ints
    counts: Ints


def marks_of(matrix: NDArray[np.bool_]) -> Marks:
    """The bars at which each column of a (bars, columns) matrix is true, without a loop over cells.

    Eight flags are read at a time, on several threads; both memory orders are read as they lie.
    """
    flags = np.asarray(matrix, dtype=np.bool_)
    by_column = flags.flags.f_contiguous and not flags.flags.c_contiguous
    cells = frozen((flags.T if by_column else flags).reshape(-1).view(np.uint8), np.uint8)
    words = cells[: len(cells) // 8 * 8].view(np.uint64)
    found = threaded(
        lambda first, last: places_of(words, cells, 8 * first, 8 * last, flags.shape, by_column),
        spans(len(words), PARTS) or [(0, 0)],
    )
    counts = np.array([places.counts for places in found])
    start = np.concatenate(([0], np.cumsum(counts.sum(axis=0))))
    offsets = start[:-1] + np.cumsum(counts, axis=0) - counts
    out = np.empty(start[-1], dtype=np.int64)
    threaded(
        spread_places,
        [(*places[:2], own, out) for places, own in zip(found, offsets, strict=True)],
    )
    return Marks(start, out)


def places_of(
    words: Any, cells: Any, cell: int, end: int, shape: tuple[int, ...], by_column: bool
) -> Places:
    """The flags set from one cell to another; whoever reads the last word reads what follows it."""
    bars, columns = shape
    end = len(cells) if end == 8 * len(words) else end
    first, found = cell, 0
    places = np.empty(max(1024, (end - cell) // 128), dtype=np.int64)
    while cell < end:
        cell, found = find_places(words, cells, cell, end, places, found)
        places = places if cell >= end else np.concatenate((places, np.empty_like(places)))
    lines, offsets = np.empty(found, dtype=np.int64), np.empty(found, dtype=np.int64)
    width = bars if by_column else columns
    split_places(places[:found], width, first // width, lines, offsets)
    rows, line = (offsets, lines) if by_column else (lines, offsets)
    return Places(rows, line, np.bincount(line, minlength=columns))


@entry
def find_places(
    words: Any, cells: Any, cell: int, end: int, places: Ints, found: int
) -> tuple[int, int]:
    """Write the cells that are set until ``end`` or until the room is full; returns both."""
    whole = 8 * len(words)
    while cell < end and found + 8 <= len(places):
        if cell < whole and words[cell // 8] == 0:
            cell += 8
            continue
        for place in range(cell, min(cell + 8, end)):
            if cells[place] != 0:
                places[found] = place
                found += 1
        cell += 8
    return cell, found


@entry
def split_places(places: Ints, width: int, line: int, lines: Ints, offsets: Ints) -> None:
    """Line and offset of rising places in lines of ``width`` cells, from a first line on."""
    for place in range(len(places)):
        while places[place] >= (line + 1) * width:
            line += 1
        lines[place] = line
        offsets[place] = places[place] - line * width


@entry
def spread_places(bars: Ints, columns: Ints, offsets: Ints, out: Ints) -> None:
    """Put every bar at the next place of its column."""
    for place in range(len(bars)):
        column = columns[place]
        out[offsets[column]] = bars[place]
        offsets[column] += 1
