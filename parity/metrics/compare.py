"""Our metrics beside what the libraries said of the same returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.metrics import Convention, measure_returns
from parity.metrics.anchors import ANCHORS, Anchor
from parity.metrics.answers import HOME, read_answers, read_cases

# Sums of floats in another order differ by some of their last digits.
CLOSE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Comparison:
    """One anchor on all cases that ask it: by case, ours and theirs (a number or an error)."""

    anchor: Anchor
    pairs: dict[str, tuple[float, float | str]]

    @property
    def unequal(self) -> tuple[str, ...]:
        """The cases on which the two differ by more than ``CLOSE``."""
        return tuple(case for case, (own, other) in self.pairs.items() if not close(own, other))

    @property
    def furthest(self) -> float:
        """The largest relative difference among the cases that are equal."""
        gaps = [gap(own, other) for own, other in self.pairs.values() if close(own, other)]
        return max(gaps, default=0.0)

    @property
    def problems(self) -> tuple[str, ...]:
        """What contradicts the anchor: a difference nobody declared, or one that is gone."""
        anchor, unequal = self.anchor, set(self.unequal)
        name = f"{anchor.metric} and {anchor.library} {anchor.function}"
        if anchor.differs:
            return () if unequal else (f"{name} are said to differ and never do",)
        found = [
            f"{name} differ on {case}: {self._told(case)}" for case in unequal - {*anchor.apart}
        ]
        gone = [f"{name} no longer differ on {case}" for case in {*anchor.apart} - unequal]
        return tuple(sorted(found + gone))

    def _told(self, case: str) -> str:
        own, other = self.pairs[case]
        return f"{own!r} and {other!r}"


def close(own: float, other: float | str) -> bool:
    """Equal to a relative 1e-12; NaN equals NaN, and an error equals nothing."""
    if isinstance(other, str):
        return False
    if math.isnan(own) or math.isnan(other):
        return math.isnan(own) and math.isnan(other)
    return math.isclose(own, other, rel_tol=CLOSE, abs_tol=0.0)


def gap(own: float, other: float | str) -> float:
    """Relative difference of two numbers that are close."""
    if isinstance(other, str) or own == other or math.isnan(own):
        return 0.0
    return abs(own - other) / max(abs(own), abs(other))


def measure_case(case: dict[str, Any]) -> dict[str, float]:
    """All our metrics of a stored case."""
    convention = Convention(
        periods_per_year=case["periods_per_year"],
        risk_free=case.get("risk_free", 0.0),
        target=case.get("target", 0.0),
    )
    metrics = measure_returns(case["returns"], case.get("benchmark"), convention=convention)
    return dict(metrics.iter_rows())


def compare_metrics(home: Path = HOME) -> list[Comparison]:
    """Every anchor on every stored case that it answers."""
    own = {name: measure_case(case) for name, case in read_cases(home).items()}
    said = {library: read_answers(library, home) for library in {a.library for a in ANCHORS}}
    return [
        Comparison(
            anchor,
            {
                case: (metrics[anchor.metric], said[anchor.library][case][anchor.function])
                for case, metrics in own.items()
                if anchor.function in said[anchor.library][case]
            },
        )
        for anchor in ANCHORS
    ]
