"""What came of many cases: counts by outcome, status and feature, and every case that differs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from parity.fuzz.sides import FINE, differs
from parity.gate import gate
from parity.outcome import Outcome, Recorded, Refused
from parity.verdict import Verdict
from scenarios import Scenario
from scenarios.features import features_of


@dataclass(slots=True)
class Tally:
    """Counts so far, and the cases that need a closer look."""

    verdicts: list[Verdict] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    fills: int = 0
    odd: list[tuple[Scenario, Verdict]] = field(default_factory=list)

    def add(self, scenario: Scenario, answer: Outcome, verdict: Verdict) -> None:
        """Count one case."""
        words = features_of(scenario, [], stored=False).features
        self.verdicts.append(verdict)
        self.outcomes[word_of(answer)] += 1
        self.features.update(words)
        self.pairs.update(combinations(words, 2))
        if isinstance(answer, Recorded):
            self.fills += answer.tables["fills"].height
        if verdict.status not in FINE:
            self.odd.append((scenario, verdict))

    def one_of_each(self, most: int) -> list[tuple[Scenario, Verdict]]:
        """The shortest case of each kind of divergence: one layer, table, field and class."""
        kinds: dict[Any, tuple[Scenario, Verdict]] = {}
        for scenario, verdict in sorted(self.odd, key=lambda pair: pair[0].bars.height):
            first = verdict.first
            kind = (first.table, first.field, first.kind) if first else verdict.reason[:40]
            if differs(verdict):
                kinds.setdefault(kind, (scenario, verdict))
        return list(kinds.values())[:most]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the report, the exit code among them."""
        gated = gate(self.verdicts)
        return {
            "cases": len(self.verdicts),
            "verdicts": gated.totals,
            "outcomes": dict(self.outcomes.most_common()),
            "fills": self.fills,
            "features": dict(sorted(self.features.items())),
            "pairs": len(self.pairs),
            "differing": [
                {"case": case.name, "status": odd.status.value, "headline": odd.headline}
                for case, odd in self.odd
            ],
            "exit_code": gated.code,
        }


def word_of(outcome: Outcome) -> str:
    """What a case came to, in a few words."""
    if isinstance(outcome, Refused):
        return f"refused: {outcome.reason}"
    return type(outcome).__name__.lower()
