"""What became of one scenario from one version of a peer to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from parity.compare import compare, tell
from parity.divergence import read_divergences
from parity.headline import tell_headline
from parity.outcome import Failed, Missing, Outcome, Recorded
from parity.platforms import Platform
from parity.verdict import count_by_table, money_apart
from scenarios import Scenario


class Became(StrEnum):
    """Every answer there is; good news first."""

    SAME = "same"
    SAME_OUTCOME = "same_outcome"
    DIFFERS = "differs"
    OUTCOME = "outcome"
    FAILED = "failed"


CHANGED = (Became.DIFFERS, Became.OUTCOME)


@dataclass(frozen=True, slots=True)
class Change:
    """One scenario in one idiom on an older and a newer version.

    ``outcomes`` are in their order. ``same_outcome`` means that neither plays it, for the same
    reason; ``outcome`` that only one plays it, or that the reasons differ. ``told`` says the first
    difference in words, ``differing`` counts differences by table, ``money`` is how much more the
    newer version's accounts hold at the end.
    """

    scenario: str
    topic: str
    idiom: str
    became: Became
    outcomes: tuple[str, str]
    told: str = ""
    differing: dict[str, int] = field(default_factory=dict)
    money: float | None = None


def change_of(
    scenario: Scenario, older: Platform, newer: Platform, first: Outcome, second: Outcome
) -> Change:
    """Compare the two answers, to the bit."""
    outcomes = tell(first), tell(second)
    names = [f"{peer.name} {peer.version}" for peer in (older, newer)]
    start = (scenario.name, scenario.topic, older.idiom)
    failed = [
        f"{name} {words}"
        for name, words, outcome in zip(names, outcomes, (first, second), strict=True)
        if isinstance(outcome, Failed | Missing)
    ]
    if failed:
        return Change(*start, Became.FAILED, outcomes, told="; ".join(failed))
    found = compare(first, second, clock=scenario.bars["timestamp"].unique().sort())
    if not (isinstance(first, Recorded) and isinstance(second, Recorded)):
        # Both may be unsupported; then the reasons count as well.
        same = found.is_empty() and outcomes[0] == outcomes[1]
        told = outcomes[0] if same else f"{names[0]} {outcomes[0]}; {names[1]} {outcomes[1]}"
        became = Became.SAME_OUTCOME if same else Became.OUTCOME
        return Change(*start, became, outcomes, told=told)
    if found.is_empty():
        return Change(*start, Became.SAME, outcomes)
    return Change(
        *start,
        Became.DIFFERS,
        outcomes,
        told=_first(found, names),
        differing=count_by_table(found),
        money=money_apart(first, second),
    )


def _first(found: pl.DataFrame, names: list[str]) -> str:
    (first,) = read_divergences(found.head(1))
    return tell_headline(first, platform=names[0], replay=names[1])
