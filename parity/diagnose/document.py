"""A diagnosis as plain values, from which terminal, Markdown and picture are drawn."""

from __future__ import annotations

from typing import Any, Final

from engine.execution import UNPROVEN
from parity.diagnose.diagnosis import Attempt, Diagnosis, Step
from parity.report.words import counted

Document = dict[str, Any]
NO_CHANGE: Final = "no change"
# How many tried sets a page lists.
LISTED: Final = 10


def tell_diagnosis(diagnosis: Diagnosis) -> Document:
    """Everything a page about one strategy says; numbers as they are."""
    best = diagnosis.best
    return {
        "name": diagnosis.name,
        "same": diagnosis.same,
        "explained": diagnosis.explained,
        "headline": headline(diagnosis),
        "caveat": f"The model of VectorBT Pro that was replayed is {UNPROVEN}.",
        "rules": [change.words for change in best.changes],
        "changes": [{"rule": one.rule, "value": one.value} for one in best.changes],
        "others": [[change.words for change in one.changes] for one in diagnosis.others],
        "left": left(diagnosis),
        "reference": {"trades": diagnosis.reference_trades, "pnl": diagnosis.reference_pnl},
        "ours": {"trades": diagnosis.base.trades, "pnl": diagnosis.base.pnl},
        "parting": tell_parting(diagnosis),
        "tried": [
            tell_attempt(Attempt((), diagnosis.base)),
            *(tell_attempt(one) for one in diagnosis.tried[:LISTED]),
        ],
        "replays": diagnosis.replays,
        "steps": tell_steps(diagnosis.steps),
    }


def headline(diagnosis: Diagnosis) -> str:
    """What was found, in one sentence."""
    theirs, ours = diagnosis.reference_trades, diagnosis.base.trades
    if diagnosis.same:
        return f"Nothing to explain: all {counted(theirs, 'trade')} are the same."
    sides = f"{counted(theirs, 'trade')} of theirs against {ours} of ours"
    if diagnosis.explained:
        rules = len(diagnosis.best.changes)
        told = "one rule explains" if rules == 1 else f"{rules} rules together explain"
        return f"{sides}: {told} every one of them."
    if not diagnosis.best.changes:
        return f"{sides}: no rule that was tried brings them nearer."
    return f"{sides}: not explained; what was tried leaves a rest."


def left(diagnosis: Diagnosis) -> str:
    """What the best set of changes leaves, "" if nothing."""
    score = diagnosis.best.score
    if diagnosis.same or diagnosis.explained:
        return ""
    if not score.misplaced:
        return f"Every trade is in place; size or fees of {score.differing // 2} differ."
    return (
        f"{counted(score.misplaced, 'trade')} of either side have no twin at the same bars and "
        f"prices, and {score.differing} none that is the same in size and fees as well."
    )


def tell_parting(diagnosis: Diagnosis) -> Document | None:
    """The first trade that differs."""
    parting = diagnosis.parting
    if parting is None:
        return None
    return {name: getattr(parting, name) for name in ("bar", "time", "reference", "replay")}


def tell_attempt(attempt: Attempt) -> Document:
    """A set of changes and its score."""
    score = attempt.score
    return {
        "rules": [change.words for change in attempt.changes] or [NO_CHANGE],
        "trades": score.trades,
        "misplaced": score.misplaced,
        "differing": score.differing,
        "pnl": score.pnl,
    }


def tell_steps(steps: tuple[Step, ...]) -> list[Document]:
    """The way from their PnL to ours, in cents that add up."""
    told, before = [], None
    for step in steps:
        start = round(step.after - float(step.money), 2) if before is None else before
        before = round(step.after, 2)
        told.append({"label": step.label, "money": round(before - start, 2), "after": before})
    return told
