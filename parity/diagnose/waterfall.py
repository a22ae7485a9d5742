"""The way from their PnL to ours, rule by rule."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

from parity.diagnose.diagnosis import Attempt, Step
from parity.diagnose.search import Trials

REST: Final = "not explained"


def steps_of(trials: Trials, best: Attempt) -> tuple[Step, ...]:
    """What no rule explains first, then each change taken back, down to our replay.

    What a change is worth depends on those taken back before it; the order is that of the set. An
    account whose PnL is no number has no steps.
    """
    prefixes = [best.changes[:size] for size in range(len(best.changes), -1, -1)]
    levels = [attempt.score.pnl for attempt in trials.try_all(prefixes)]
    if not all(map(math.isfinite, (*levels, trials.pnl))):
        return ()
    labels = [REST, *(f"taken back: {change.words}" for change in reversed(best.changes))]
    before, steps = trials.pnl, []
    for label, after in zip(labels, levels, strict=True):
        if label != REST or after != before:
            steps.append(Step(label, Fraction(after) - Fraction(before), after))
        before = after
    return tuple(steps)
