"""The smallest set of rule changes that removes the difference, or the one that leaves least."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from numpy.typing import NDArray

from parity.diagnose.case import Case
from parity.diagnose.diagnosis import Attempt, Score
from parity.diagnose.replays import Changes, moved_by, replay_sets
from parity.diagnose.rules import MOVES, TIMES, Change
from parity.diagnose.score import rows_of, score_of

# How many sets of one size are tried with one change more, and the most changes of a set.
SEEDS = {2: 12, 3: 6}
MOST = 4
# Clocks that help most alone and so are tried together with other changes.
CLOCKS = 3
# The share of all trades of either side that a further rule has to explain.
SHARE = 0.02
# Columns of one request; more would only take memory.
AT_ONCE = 256

Rank = tuple[int, int, float]


@dataclass(slots=True)
class Trials:
    """Every set that was tried, with what it left."""

    case: Case
    pnl: float
    trades: int
    done: dict[Changes, Attempt] = field(default_factory=dict)
    references: dict[int, NDArray[Any]] = field(default_factory=dict)

    def try_all(self, sets: Iterable[Changes]) -> list[Attempt]:
        """Replay the sets that are new; the attempts of all of them."""
        wanted = list(dict.fromkeys(sets))
        new = [changes for changes in wanted if changes not in self.done]
        # Times of the ledger alone change no replay of ours.
        plays: dict[Changes, list[Changes]] = {}
        for changes in new:
            played = tuple(change for change in changes if change.rule != TIMES)
            plays.setdefault(played, []).append(changes)
        for part in batched(plays):
            for played, trades in zip(part, replay_sets(self.case, part), strict=True):
                for changes in plays[played]:
                    self.done[changes] = Attempt(changes, self.score(changes, trades))
        return [self.done[changes] for changes in wanted]

    def score(self, changes: Changes, trades: NDArray[Any]) -> Score:
        """How far a replay is from the reference, at the times the changes give it."""
        offset = moved_by(changes)
        if offset not in self.references:
            self.references[offset] = rows_of(self.case, offset)
        return score_of(self.references[offset], trades, self.case.tolerance)

    def rank(self, attempt: Attempt) -> Rank:
        """What is left: trades out of place, trades that differ at all, then money."""
        score = attempt.score
        return score.misplaced, score.differing, abs(score.pnl - self.pnl)

    def worth(self, larger: Attempt, smaller: Attempt) -> bool:
        """Whether a larger set leaves so much less that its further rule is no coincidence.

        One that leaves nothing is; else the rule must find a twin for a share of all trades.
        """
        if larger.score.differing == 0:
            return smaller.score.differing > 0
        gains = [a - b for a, b in zip(self.rank(smaller), self.rank(larger), strict=True)][:2]
        gain = gains[0] or gains[1]
        return gain >= max(2, SHARE * (self.trades + larger.score.trades))

    def idle(self, attempt: Attempt) -> bool:
        """Whether some change of a set makes it no better than the set without it."""
        own = self.rank(attempt)[:2]
        fewer = combinations(attempt.changes, len(attempt.changes) - 1)
        return any(self.rank(self.done[some])[:2] <= own for some in fewer if some in self.done)


def batched(sets: Iterable[Changes]) -> list[list[Changes]]:
    """As many sets together as one request holds."""
    every = list(sets)
    return [every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)]


def search(trials: Trials, singles: Sequence[Change]) -> tuple[Attempt, tuple[Attempt, ...]]:
    """The best set of changes, and those of its size that leave as little."""
    level = trials.try_all((change,) for change in singles)
    best = trials.try_all([()])[0]
    for size in range(1, MOST + 1):
        level.sort(key=trials.rank)
        if level and trials.worth(level[0], best):
            best = level[0]
        if best.score.differing == 0 or not level or size == MOST:
            break
        level = trials.try_all(larger(level, singles, size, trials))
    best = without_idle(trials, best)
    alike = [
        attempt
        for attempt in trials.done.values()
        if len(attempt.changes) == len(best.changes)
        and attempt is not best
        and trials.rank(attempt)[:2] == trials.rank(best)[:2]
    ]
    return best, tuple(alike) if best.changes else ()


def larger(
    level: Sequence[Attempt], singles: Sequence[Change], size: int, trials: Trials
) -> list[Changes]:
    """Sets with one change more: all pairs of rules, then the best sets with each rule."""
    kept = partners(singles, trials)
    if size == 1:
        return [pair for pair in combinations(kept, 2) if fits(pair[:1], pair[1])]
    place = {change: number for number, change in enumerate(singles)}
    return [
        tuple(sorted((*seed.changes, change), key=place.__getitem__))
        for seed in level[: SEEDS[size]]
        for change in kept
        if fits(seed.changes, change)
    ]


def partners(singles: Sequence[Change], trials: Trials) -> list[Change]:
    """All changes of rules, and of the clocks those that help most alone."""
    clocks = [change for change in singles if change.rule in MOVES]
    clocks.sort(key=lambda change: trials.rank(trials.done[change,]))
    helping = set(clocks[:CLOCKS])
    return [change for change in singles if change.rule not in MOVES or change in helping]


def fits(changes: Changes, change: Change) -> bool:
    """A rule has one reading at a time, and one clock is moved at a time."""
    rules = {own.rule for own in changes}
    return change.rule not in rules and not (change.rule in MOVES and rules & set(MOVES))


def without_idle(trials: Trials, best: Attempt) -> Attempt:
    """The set without the changes that make it no better."""
    for change in best.changes:
        fewer = tuple(own for own in best.changes if own != change)
        attempt = trials.try_all([fewer])[0]
        if trials.rank(attempt)[:2] <= trials.rank(best)[:2]:
            return without_idle(trials, attempt)
    return best
