"""Our indicators beside what TA-Lib said of the same bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parity.indicators.anchors import ANCHORS, Anchor
from parity.indicators.answers import HOME, read_answers, read_bars
from parity.indicators.exact import EXACT, exact_line

CLOSE: Final = 1e-12
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an indicator on one case.

    ``gap`` is the largest difference, in units of the largest value of the line; ``misplaced`` is
    how many bars only one side has a value on; ``bits`` is how many values are equal to the bit.
    """

    field: str
    case: str
    values: int
    bits: int
    gap: float
    misplaced: int
    first: int
    """The first bar with a value of theirs, -1 if there is none."""

    @property
    def equal(self) -> bool:
        """The same bars have values, and those are close."""
        return self.misplaced == 0 and self.gap <= CLOSE


@dataclass(frozen=True, slots=True)
class Comparison:
    """One anchor on every stored case."""

    anchor: Anchor
    lines: tuple[Line, ...]
    exact: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By case: how far ours and theirs are from the value in rational arithmetic."""

    @property
    def unequal(self) -> tuple[str, ...]:
        """The cases on which some line differs."""
        return tuple(dict.fromkeys(line.case for line in self.lines if not line.equal))

    @property
    def furthest(self) -> float:
        """The largest difference among the lines that are equal."""
        return max((line.gap for line in self.lines if line.equal), default=0.0)

    @property
    def problems(self) -> tuple[str, ...]:
        """What contradicts the anchor: a difference nobody declared, or one that is gone."""
        unequal, apart = set(self.unequal), set(self.anchor.apart)
        name = f"{self.anchor.told} and {self.anchor.question}"
        found = [f"{name} differ on {case}: {self._worst(case)}" for case in unequal - apart]
        gone = [f"{name} no longer differ on {case}" for case in apart - unequal]
        late = [
            f"{name} begin at bar {line.first} of {line.case}, not at {self.anchor.warmup}"
            for line in self.lines
            if line.equal and line.values and line.first < self.anchor.warmup
        ]
        return tuple(sorted(found + gone + late))

    def worst(self, case: str) -> Line:
        """The line of a case that differs most."""
        own = [line for line in self.lines if line.case == case]
        return max(own, key=lambda line: (line.misplaced, line.gap))

    def _worst(self, case: str) -> str:
        line = self.worst(case)
        return f"{line.field or 'value'} by {line.gap:.2e}, {line.misplaced} bars misplaced"


def compare_line(field: str, case: str, ours: Floats, theirs: Floats) -> Line:
    """Two columns beside each other, NaN where there is no value."""
    have, want = ~np.isnan(ours), ~np.isnan(theirs)
    both = have & want
    own, other = ours[both], theirs[both]
    scale = float(np.abs(other).max(initial=0.0))
    apart = float(np.abs(own - other).max(initial=0.0))
    return Line(
        field,
        case,
        values=int(want.sum()),
        bits=int((own == other).sum()),
        gap=apart / scale if scale > 0.0 else apart,
        misplaced=int((have != want).sum()),
        first=int(want.argmax()) if want.any() else -1,
    )


def compare_indicators(home: Path = HOME) -> list[Comparison]:
    """Every anchor on every stored case."""
    bars, said = read_bars(home), read_answers(home)
    return [_compare(anchor, bars, said) for anchor in ANCHORS]


def _compare(anchor: Anchor, bars: pl.DataFrame, said: pl.DataFrame) -> Comparison:
    ours, theirs = compute_lines(anchor, bars), list(_answers(anchor, said))
    names = bars["case"].to_numpy()
    lines = tuple(
        compare_line(field, case, own[names == case], other[names == case])
        for field, own, other in zip(anchor.fields, ours, theirs, strict=True)
        for case in dict.fromkeys(bars["case"].to_list())
    )
    exact = {
        case: _from_exact(anchor, bars, case, ours[0], theirs[0])
        for case in anchor.apart
        if anchor.indicator in EXACT and case != "flat"
    }
    return Comparison(anchor, lines, exact)


def compute_lines(anchor: Anchor, bars: pl.DataFrame) -> list[Floats]:
    """Our lines, every case a symbol of its own."""
    found = bars.select(anchor.expression.over("case").alias("line"))["line"]
    columns = [found.struct.field(name) if name else found for name in anchor.fields]
    return [column.cast(pl.Float64()).to_numpy() for column in columns]


def _answers(anchor: Anchor, said: pl.DataFrame) -> Iterator[Floats]:
    for place, field_ in enumerate(anchor.fields):
        theirs = said[f"{anchor.question}#{place}"].to_numpy().copy()
        if field_ in anchor.blank:
            theirs[theirs == anchor.blank[field_]] = np.nan
        yield theirs


def _from_exact(
    anchor: Anchor, bars: pl.DataFrame, case: str, ours: Floats, theirs: Floats
) -> tuple[float, float]:
    rows = bars["case"].to_numpy() == case
    own = {name: bars[name].to_numpy()[rows] for name in bars.columns if name != "case"}
    exact = exact_line(anchor, own)
    return (
        compare_line("", case, ours[rows], exact).gap,
        compare_line("", case, theirs[rows], exact).gap,
    )
