"""The probability of backtest overfitting, by hand, on noise and on a planted signal."""

import math

import numpy as np
import pytest

from engine.errors import OverfitError
from engine.overfit import Blocks, backtest_overfitting, overfitting_of
from engine.overfit.pbo import half_of


def test_two_trials_that_take_turns():
    """A gains where B loses: whoever is chosen on one half is the worse one on the other."""
    a = np.array([0.02, 0.04, -0.02, -0.04])
    told = backtest_overfitting(np.column_stack([a, -a]), blocks=2)
    assert told.probability == 1.0
    assert told.loss == 1.0
    # Rank 1 of two: w = 1/3, logit = log(1/2).
    assert told.logits.tolist() == pytest.approx([math.log(0.5)] * 2)
    sharpe = 0.03 / np.std([0.02, 0.04], ddof=1)
    assert told.chosen.tolist() == pytest.approx([sharpe] * 2)
    assert told.found.tolist() == pytest.approx([-sharpe] * 2)


def test_a_trial_that_is_always_better():
    a = np.array([0.02, 0.01] * 4)
    told = backtest_overfitting(np.column_stack([a, a - 0.05]), blocks=4)
    assert told.probability == told.loss == 0.0
    assert told.logits.tolist() == pytest.approx([math.log(2.0)] * 6)


def test_every_half_and_its_mirror_image():
    halves = half_of(6)
    assert halves.shape == (20, 3)
    assert halves[0].tolist() == [0, 1, 2]
    for one, other in zip(halves, halves[::-1], strict=True):
        assert sorted([*one, *other]) == list(range(6))


def test_trials_with_equal_scores_share_their_rank():
    a = np.array([0.02, 0.01, 0.02, 0.01])
    told = backtest_overfitting(np.column_stack([a, a, a]), blocks=2)
    # All of rank 2 of 3: w = 1/2, and a logit of 0 counts as overfit.
    assert told.logits.tolist() == [0.0, 0.0]
    assert told.probability == 1.0


def test_a_trial_that_never_moves_scores_nothing():
    still, worse = np.full(8, 0.001), np.tile([-0.02, 0.01], 4)
    told = backtest_overfitting(np.column_stack([still, worse, np.zeros(8)]), blocks=2)
    assert told.chosen.tolist() == told.found.tolist() == [0.0, 0.0]
    by_mean = backtest_overfitting(np.column_stack([still, worse]), blocks=2, score="mean")
    assert by_mean.chosen.tolist() == pytest.approx([0.001, 0.001])


def test_uneven_blocks_against_a_plain_restatement():
    """Against a plain restatement: every half by numpy, ranks by sorting."""
    returns = np.random.default_rng(1).normal(0, 1, (203, 7))
    told = backtest_overfitting(returns, blocks=6)
    parts = np.array_split(np.arange(203), 6)
    for row, half in enumerate(half_of(6)):
        tested = np.concatenate([parts[block] for block in half])
        trained = np.setdiff1d(np.arange(203), tested)
        inside, outside = (
            returns[bars].mean(axis=0) / returns[bars].std(axis=0, ddof=1)
            for bars in (trained, tested)
        )
        best = int(np.argmax(inside))
        place = (1 + (outside < outside[best]).sum()) / 8
        assert told.logits[row] == pytest.approx(math.log(place / (1 - place)), rel=1e-12)
        assert told.chosen[row] == pytest.approx(inside[best], rel=1e-12)
        assert told.found[row] == pytest.approx(outside[best], rel=1e-12)
    slope = np.polyfit(told.chosen, told.found, 1)[0]
    assert told.slope == pytest.approx(slope, rel=1e-9)


def test_on_noise_it_is_one_half():
    """What is chosen on one half says nothing of the other, so its rank there is any: of an even
    number of trials exactly half lie in the lower half.
    """
    found = [
        backtest_overfitting(
            np.random.default_rng(seed).normal(0.0, 0.01, (240, 20)), blocks=8
        ).probability
        for seed in range(200)
    ]
    error = np.std(found, ddof=1) / math.sqrt(len(found))
    assert error < 0.02
    assert abs(np.mean(found) - 0.5) < 3 * error


def test_a_planted_signal_is_found_again():
    """One trial of twenty with a Sharpe ratio of 0.5 a bar."""
    for seed in range(20):
        returns = np.random.default_rng(seed).normal(0.0, 0.01, (240, 20))
        returns[:, 7] += 0.005
        told = backtest_overfitting(returns, blocks=8)
        assert told.probability < 0.2
        assert told.loss < 0.1


def test_sums_of_blocks_are_enough():
    returns = np.random.default_rng(2).normal(0, 1, (50, 4))
    whole = backtest_overfitting(returns, blocks=4)
    parts = Blocks.of(returns, 4)
    assert parts.bars.tolist() == [13.0, 13.0, 12.0, 12.0]
    assert overfitting_of(parts).logits.tolist() == whole.logits.tolist()


@pytest.mark.parametrize(
    ("returns", "blocks", "message"),
    [
        (np.zeros((20, 3)), 5, "even number"),
        (np.zeros((20, 3)), 26, "even number"),
        (np.zeros((20, 1)), 4, "at least two"),
        (np.zeros((3, 2)), 4, "take fewer"),
        (np.zeros(20), 4, "shape"),
        (np.array([[0.0, 1.0], [0.0, math.nan]]), 2, "trial 1 has nan on bar 1"),
    ],
)
def test_what_cannot_be_split(returns, blocks, message):
    with pytest.raises(OverfitError, match=message):
        backtest_overfitting(returns, blocks=blocks)


def test_an_unknown_score():
    with pytest.raises(OverfitError, match="sharpe or mean"):
        backtest_overfitting(np.zeros((8, 2)), blocks=4, score="calmar")
