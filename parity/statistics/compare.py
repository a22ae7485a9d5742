"""Our statistics beside what the libraries said of the same literal cases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from parity.statistics.answers import HOME, read_cases, read_stored
from parity.statistics.questions import QUESTIONS, Question

# Sums of floats in another order differ by some of their last digits.
CLOSE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Comparison:
    """One question on all cases of its kind: by case, ours and theirs."""

    question: Question
    pairs: dict[str, tuple[Any, Any]]

    @property
    def unequal(self) -> tuple[str, ...]:
        """The cases on which a number differs by more than ``CLOSE``, or a shape differs."""
        return tuple(case for case, (own, other) in self.pairs.items() if gap(own, other) > CLOSE)

    @property
    def furthest(self) -> float:
        """The largest relative difference among the cases that are equal."""
        gaps = [gap(own, other) for own, other in self.pairs.values()]
        return max((one for one in gaps if one <= CLOSE), default=0.0)

    @property
    def problems(self) -> tuple[str, ...]:
        """What contradicts the question: a difference nobody declared, or one that is gone."""
        question, unequal = self.question, set(self.unequal)
        name = f"{question.ours} and {question.theirs}"
        if question.differs:
            return () if unequal else (f"{name} are said to differ and never do",)
        found = [f"{name} differ on {case}" for case in unequal - {*question.apart}]
        gone = [f"{name} no longer differ on {case}" for case in {*question.apart} - unequal]
        return tuple(sorted(found + gone))


def gap(own: Any, other: Any) -> float:
    """The largest relative difference of two numbers, or of two lists of the same shape.

    Infinite where shapes, whole numbers or missing numbers differ, or where one side is an error.
    """
    if isinstance(own, list) and isinstance(other, list):
        if len(own) != len(other):
            return math.inf
        return max((gap(a, b) for a, b in zip(own, other, strict=True)), default=0.0)
    if not isinstance(own, int | float) or not isinstance(other, int | float):
        return math.inf
    if own == other or (math.isnan(own) and math.isnan(other)):
        return 0.0
    if isinstance(own, int) and isinstance(other, int):
        return math.inf
    found = abs(own - other) / max(abs(own), abs(other))
    return math.inf if math.isnan(found) else found


def compare_statistics(home: Path = HOME) -> list[Comparison]:
    """Every question on every stored case of its kind."""
    cases, said = read_cases(home), read_stored(home)["answers"]
    return [
        Comparison(
            question,
            {
                name: (question.own(case, said[name]), said[name][question.theirs])
                for name, case in cases.items()
                if case["kind"] == question.kind
            },
        )
        for question in QUESTIONS
    ]
