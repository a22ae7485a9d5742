"""Loops over splits and resamples: whatever is done thousands of times over."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats, Ints

entry = entry_of(Path(__file__).parent)

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_ONE = np.uint64(0xBF58476D1CE4E5B9)
MIX_TWO = np.uint64(0x94D049BB133111EB)
S11, S27, S30, S31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
STEP = 2.0**-53
DUST = 1e-12


@rule
def mixed(state: np.uint64) -> np.uint64:
    """Splitmix64 (Steele, Lea and Flood 2014): 64 random bits of a counter."""
    z = (state ^ (state >> S30)) * MIX_ONE
    z = (z ^ (z >> S27)) * MIX_TWO
    return z ^ (z >> S31)


@rule
def share(state: np.uint64) -> float:
    """A number of [0, 1) with 53 random bits."""
    return (mixed(state) >> S11) * STEP


@rule
def seeded(seed: int, number: int) -> np.uint64:
    """Where the random numbers of one resample start: the same whoever draws it, and when."""
    return mixed(mixed(np.uint64(seed) + GOLDEN) + np.uint64(number) * GOLDEN)


@rule
def block_length(u: float, again: float) -> int:
    """Bars until the next block starts: geometric; ``again`` is log(1 - 1/mean), 0 for one bar."""
    if again == 0.0:
        return 1
    return 1 + int(math.log(1.0 - u) / again)


@entry
def draw_stationary(seed: int, first: int, again: float, out: Ints) -> None:
    """Bars drawn in blocks of geometric length that wrap around; one row per resample."""
    bars = out.shape[1]
    for row in range(out.shape[0]):
        state = seeded(seed, first + row)
        left = bar = 0
        for t in range(bars):
            if left == 0:
                state += GOLDEN
                bar = int(share(state) * bars)
                state += GOLDEN
                left = block_length(share(state), again)
            out[row, t] = bar
            bar = bar + 1 if bar + 1 < bars else 0
            left -= 1


@entry
def walk_resampled(returns: Floats, seed: int, first: int, again: float, out: Floats) -> None:
    """Follow wealth through each resample: growth, deepest drawdown, mean, deviation (ddof 1)."""
    bars = len(returns)
    for row in range(out.shape[0]):
        state = seeded(seed, first + row)
        left = bar = 0
        wealth = top = 1.0
        deepest = total = square = 0.0
        for _ in range(bars):
            if left == 0:
                state += GOLDEN
                bar = int(share(state) * bars)
                state += GOLDEN
                left = block_length(share(state), again)
            r = returns[bar]
            bar = bar + 1 if bar + 1 < bars else 0
            left -= 1
            wealth *= 1.0 + r
            top = max(top, wealth)
            deepest = min(deepest, wealth / top - 1.0)
            total += r
            square += r * r
        mean = total / bars
        out[row, 0] = wealth
        out[row, 1] = deepest
        out[row, 2] = mean
        out[row, 3] = math.sqrt(max(square - total * mean, 0.0) / max(bars - 1, 1))


@entry
def walk_shuffled(returns: Floats, seed: int, first: int, order: Floats, out: Floats) -> None:
    """The deepest drawdown of the same returns in a random order, one number per shuffle.

    Each shuffle starts from the given order (Fisher and Yates, from the end).
    """
    bars = len(returns)
    for row in range(len(out)):
        state = seeded(seed, first + row)
        for t in range(bars):
            order[t] = returns[t]
        for t in range(bars - 1, 0, -1):
            state += GOLDEN
            other = int(share(state) * (t + 1))
            held = order[t]
            order[t] = order[other]
            order[other] = held
        wealth = top = 1.0
        deepest = 0.0
        for r in order:
            wealth *= 1.0 + r
            top = max(top, wealth)
            deepest = min(deepest, wealth / top - 1.0)
        out[row] = deepest


@rule
def rank_of(scores: Floats, best: int) -> float:
    """The place of one score among all, the lowest first; equal ones share the mean place."""
    mine = scores[best]
    below = equal = 0
    for score in scores:
        below += score < mine
        equal += score == mine
    return below + 0.5 * (equal + 1)


@rule
def best_of(scores: Floats) -> int:
    """The first of the highest scores."""
    best = 0
    for trial in range(1, len(scores)):
        if scores[trial] > scores[best]:
            best = trial
    return best


@rule
def score_half(
    blocks: Ints,
    counts: Floats,
    sums: Floats,
    squares: Floats,
    ratio: bool,
    work: Floats,
    scores: Floats,
) -> None:
    """The mean, or the Sharpe ratio, of every trial over some blocks.

    A trial that does not move on them has a ratio of 0; what is less than a millionth of its size
    is what additions round off.
    """
    bars = 0.0
    work[:] = 0.0
    scores[:] = 0.0
    for block in blocks:
        bars += counts[block]
        for trial in range(len(scores)):
            work[trial] += sums[block, trial]
            scores[trial] += squares[block, trial]
    for trial in range(len(scores)):
        mean = work[trial] / bars
        spread = scores[trial] - work[trial] * mean
        moves = spread > DUST * scores[trial]
        deviation = math.sqrt(spread / (bars - 1.0)) if moves else math.inf
        scores[trial] = mean / deviation if ratio else mean


@entry
def symmetric_splits(
    halves: Ints,
    others: Ints,
    counts: Floats,
    sums: Floats,
    squares: Floats,
    ratio: bool,
    work: Floats,
    ones: Floats,
    twos: Floats,
    out: Floats,
) -> None:
    """Each pair of halves is two splits: choose the best on one, look it up on the other.

    ``out`` has a row per split: rank of the chosen, its score where it was chosen and on the other
    half. Row i tests on the i-th half, its mirror image from the end trains on it.
    """
    last = out.shape[0] - 1
    for pair in range(halves.shape[0]):
        score_half(halves[pair], counts, sums, squares, ratio, work, ones)
        score_half(others[pair], counts, sums, squares, ratio, work, twos)
        chosen = best_of(twos)
        out[pair, 0] = rank_of(ones, chosen)
        out[pair, 1] = twos[chosen]
        out[pair, 2] = ones[chosen]
        chosen = best_of(ones)
        out[last - pair, 0] = rank_of(twos, chosen)
        out[last - pair, 1] = ones[chosen]
        out[last - pair, 2] = twos[chosen]
