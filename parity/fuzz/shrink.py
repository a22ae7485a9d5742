"""Make a diverging case small: few symbols, few bars, plain settings, round numbers.

Asking a platform is slow to start but quick per case, so a generation tries every edit at once;
then those that kept the divergence are applied one upon the other, and all these steps are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parity.fuzz.edits import edits_of, weight
from scenarios import Scenario

Test = Callable[[Sequence[Scenario]], Sequence[bool]]
Say = Callable[[str], None]

ROUNDS = 25


def shrink(
    scenario: Scenario, diverges: Test, *, rounds: int = ROUNDS, say: Say = lambda _text: None
) -> Scenario:
    """The smallest scenario found that still diverges; ``diverges`` answers for many at once."""
    for number in range(rounds):
        smaller = _generation(scenario, diverges)
        if smaller is None:
            return scenario
        scenario = smaller
        say(
            f"shrinking, round {number + 1}: {len(scenario.symbols)} symbols, "
            f"{scenario.bars.height} bars, {scenario.script.frame.height} script rows"
        )
    return scenario


def _generation(scenario: Scenario, diverges: Test) -> Scenario | None:
    """A smaller scenario that still diverges, None where no edit keeps the divergence."""
    heavy = weight(scenario)
    tried = []
    for edit in edits_of(scenario):
        smaller = edit(scenario)
        gain = heavy - weight(smaller)
        if gain > 0:
            tried.append((gain, edit, smaller))
    tried.sort(key=lambda item: -item[0])
    kept = _which([smaller for _, _, smaller in tried], diverges)
    if not any(kept):
        return None
    steps = [scenario]
    for (_, edit, _), good in zip(tried, kept, strict=True):
        following = edit(steps[-1]) if good else steps[-1]
        if weight(following) < weight(steps[-1]):
            steps.append(following)
    good_steps = [True, True, *_which(steps[2:], diverges)]
    return [step for step, good in zip(steps, good_steps, strict=True) if good][-1]


def _which(candidates: list[Scenario], diverges: Test) -> list[bool]:
    return list(diverges(candidates)) if candidates else []
