"""What is held of one scenario on one platform. Anything unknown, absent or broken is red."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import polars as pl

from engine.schema import TABLES
from parity.compare import compare, tell
from parity.divergence import Divergence, Severity, fingerprint_of, read_divergences
from parity.headline import show_command, tell_headline
from parity.invariants import Violation
from parity.outcome import Failed, Missing, Outcome, Recorded, Unsupported
from parity.tolerance import Tolerance


class Status(StrEnum):
    """Every answer there is."""

    AGREES = "agrees"
    KNOWN = "known"
    UNSUPPORTED = "unsupported"
    DIVERGES = "diverges"
    STALE_KNOWN = "stale_known"
    FAILED = "failed"
    REFERENCE_MISSING = "reference_missing"
    PEER_MISSING = "peer_missing"
    BAD_INPUT = "bad_input"


# A verdict lists this many divergences; its counts and its fingerprint cover all of them.
LISTED: Final = 20
COUNTED: Final = ("orders", "fills", "trades")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One scenario on one platform.

    ``reason`` says in a sentence why the status is what it is; it is empty if the two agree.
    ``counts`` are rows of the reference, None for a table it lacks; ``differing`` counts
    divergences by table. ``fingerprint`` stands for all divergences, ``known`` is the id of the
    known divergence they are. ``money`` is how much more the replay's accounts hold at the end.
    """

    scenario: str
    platform: str
    status: Status
    reason: str = ""
    counts: Mapping[str, int | None] = field(default_factory=dict)
    divergences: tuple[Divergence, ...] = ()
    differing: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str = ""
    money: float | None = None
    violations: tuple[Violation, ...] = ()
    known: str | None = None

    @property
    def first(self) -> Divergence | None:
        """The first divergence in time."""
        return self.divergences[0] if self.divergences else None

    @property
    def severity(self) -> Severity:
        """The worst of the listed divergences; critical where there was nothing to compare."""
        if self.divergences:
            return max((item.severity for item in self.divergences), key=list(Severity).index)
        compared = (Status.AGREES, Status.UNSUPPORTED, Status.STALE_KNOWN)
        return Severity.PERFECT if self.status in compared else Severity.CRITICAL

    @property
    def headline(self) -> str:
        """One paragraph that a stranger understands; empty if there is nothing to tell."""
        if self.first is None:
            return self.reason
        parts = [] if self.status is Status.DIVERGES else [self.reason]
        parts.append(tell_headline(self.first, platform=self.platform))
        if self.money:
            richer = "more" if self.money > 0 else "less"
            parts.append(f"At the last bar the replay holds {abs(self.money):,.10g} {richer}.")
        return " ".join(parts)

    @property
    def command(self) -> str:
        """The command that shows the bars and both ledgers."""
        return show_command(self.scenario, self.platform)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a report; the same verdict gives the same dict."""
        return {
            "scenario": self.scenario,
            "platform": self.platform,
            "status": self.status.value,
            "reason": self.reason,
            "headline": self.headline,
            "command": self.command,
            "counts": dict(self.counts),
            "severity": self.severity.value,
            "layer": self.first.layer.value if self.first else None,
            "money": self.money,
            "differing": dict(self.differing),
            "fingerprint": self.fingerprint,
            "known": self.known,
            "divergences": [item.to_dict() for item in self.divergences],
            "violations": [item.to_dict() for item in self.violations],
        }


def judge(
    reference: Outcome,
    replay: Outcome,
    *,
    scenario: str,
    platform: str,
    clock: pl.Series | None = None,
    violations: Sequence[Violation] = (),
    tolerances: Mapping[str, Tolerance] | None = None,
) -> Verdict:
    """Weigh two outcomes of one scenario; ``violations`` are what the audit of the replay found."""
    barred = _barred(reference, replay)
    if barred is not None:
        return Verdict(scenario, platform, *barred)
    found = compare(reference, replay, clock=clock, tolerances=tolerances)
    verdict = Verdict(
        scenario,
        platform,
        Status.DIVERGES if found.height else Status.AGREES,
        reason=_sum(found),
        counts=_counts(reference),
        divergences=read_divergences(found.head(LISTED)),
        differing=count_by_table(found),
        fingerprint=fingerprint_of(found),
        money=money_apart(reference, replay),
        violations=tuple(violations),
    )
    if violations:
        told = "; ".join(f"{item.rule}: {item.message}" for item in violations)
        reason = f"The replay breaks what must hold in any ledger: {told}."
        return replace(verdict, status=Status.FAILED, reason=reason)
    if isinstance(reference, Unsupported) and isinstance(replay, Unsupported):
        return replace(verdict, status=Status.UNSUPPORTED, reason=reference.reason)
    return verdict


def _barred(reference: Outcome, replay: Outcome) -> tuple[Status, str] | None:
    """Why there is nothing to compare, if so."""
    for side, outcome in (("the platform", reference), ("the replay", replay)):
        if isinstance(outcome, Missing):
            peer = outcome.what == "peer"
            return Status.PEER_MISSING if peer else Status.REFERENCE_MISSING, outcome.message
        if isinstance(outcome, Failed):
            return Status.FAILED, f"{side} {tell(outcome)}"
        if isinstance(outcome, Unsupported) and not outcome.reason.strip():
            return Status.FAILED, f"{side} calls the script unsupported without a reason"
    return None


def _sum(found: pl.DataFrame) -> str:
    if found.is_empty():
        return ""
    values = "value differs" if found.height == 1 else "values differ"
    return f"{found.height} {values}, the first in layer {found['layer'][0]}"


def count_by_table(found: pl.DataFrame) -> dict[str, int]:
    """How many divergences each table has; those of the whole run count under "run"."""
    counts = dict(found["table"].value_counts().iter_rows())
    tables = [*TABLES, ""]
    return {name or "run": counts[name] for name in tables if name in counts}


def _counts(reference: Outcome) -> dict[str, int | None]:
    if not isinstance(reference, Recorded):
        return {}
    tables = reference.tables
    return {name: tables[name].height if name in tables else None for name in COUNTED}


def money_apart(reference: Outcome, replay: Outcome) -> float | None:
    """By how much the equity of all accounts at their last bar is higher in the replay."""
    if not (isinstance(reference, Recorded) and isinstance(replay, Recorded)):
        return None
    theirs, ours = (_end(outcome.tables.get("equity")) for outcome in (reference, replay))
    return None if theirs is None or ours is None else ours - theirs


def _end(equity: pl.DataFrame | None) -> float | None:
    if equity is None or equity.is_empty():
        return None
    last = equity.sort("timestamp").group_by("account", maintain_order=True).last()
    total = float(last["equity"].sum())
    return total if math.isfinite(total) else None
