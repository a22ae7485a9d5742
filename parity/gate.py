"""Verdicts become one exit code. Nothing is green that did not agree or say why not.

The worst wins, in this order: 2 (what was given cannot be trusted, so no answer counts), 3 (a
part of the proof did not run), 1 (it ran and differs), 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from parity.verdict import Status, Verdict

AGREES, DIVERGES, BAD_INPUT, NOT_RUN = 0, 1, 2, 3
WORST_FIRST: Final = (BAD_INPUT, NOT_RUN, DIVERGES, AGREES)

CODES: Final = {
    Status.AGREES: AGREES,
    Status.KNOWN: AGREES,
    Status.UNSUPPORTED: AGREES,
    Status.DIVERGES: DIVERGES,
    Status.STALE_KNOWN: DIVERGES,
    # A crash: something that must run could not. With broken invariants it ran, and is wrong.
    Status.FAILED: NOT_RUN,
    Status.REFERENCE_MISSING: NOT_RUN,
    Status.PEER_MISSING: NOT_RUN,
    Status.BAD_INPUT: BAD_INPUT,
}


@dataclass(frozen=True, slots=True)
class Gate:
    """The exit code, how often each status occurred, and every reason that closed the gate."""

    code: int
    totals: dict[str, int]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a report."""
        return {"code": self.code, "totals": self.totals, "reasons": list(self.reasons)}


def code_of(verdict: Verdict) -> int:
    """The exit code of one verdict."""
    if verdict.status is Status.FAILED and verdict.violations:
        return DIVERGES
    needs_reason = verdict.status in (Status.UNSUPPORTED, Status.KNOWN)
    if needs_reason and not verdict.reason.strip():
        return NOT_RUN
    return CODES[verdict.status]


def gate(verdicts: Sequence[Verdict], *, dangling: Iterable[str] = ()) -> Gate:
    """Close on the worst verdict; ``dangling`` known divergences, or no verdict, are bad input."""
    reasons = list(dangling)
    codes = {code_of(verdict) for verdict in verdicts} | ({BAD_INPUT} if reasons else set())
    if not verdicts:
        codes.add(BAD_INPUT)
        reasons.append("nothing was selected, so nothing is proven; check the selection")
    reasons += [
        f"{verdict.scenario} on {verdict.platform}: {verdict.status.value}: {verdict.headline}"
        for verdict in verdicts
        if code_of(verdict) != AGREES
    ]
    code = next(code for code in WORST_FIRST if code in codes)
    counts = Counter(verdict.status for verdict in verdicts)
    totals = {status.value: counts[status] for status in Status if counts[status]}
    return Gate(code, totals, tuple(reasons))
