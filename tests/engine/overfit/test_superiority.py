"""White's reality check and Hansen's test: by hand, on noise and on a planted signal."""

import numpy as np
import pytest

from engine.errors import OverfitError
from engine.overfit import Draws, reality_check
from engine.overfit.superiority import long_run_variance

# Two trials over four bars: means 0.01 and -0.02.
RETURNS = np.array([[0.03, -0.02], [-0.01, -0.03], [0.02, -0.01], [0.0, -0.02]])


def test_by_hand():
    """Three given resamples: the first is the sample itself, the others are one bar four times."""
    given = np.array([[0, 1, 2, 3], [0, 0, 0, 0], [1, 1, 1, 1]])
    told = reality_check(RETURNS, block=1.0, draws=Draws(given=given), studentize=False)
    # Distances from the means: (0, 0), (0.02, 0), (-0.02, -0.01); the best mean is 0.01.
    assert told.white == pytest.approx(1 / 3)
    assert told.upper == pytest.approx(1 / 3)
    assert told.statistic == pytest.approx(0.01 * 2.0)
    assert (told.best, told.resamples) == (0, 3)


def test_what_memory_adds_to_a_variance():
    """Two equal neighbours, then two of the other sign: the first lag adds, the second takes."""
    x = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    assert long_run_variance(x, 1.0)[0] == pytest.approx(1.0)
    # Circular autocovariances 1, 0, -1, 0; the kernel at lag 2 is 2 x (1/2)(1/2)^2.
    assert long_run_variance(x, 2.0)[0] == pytest.approx(1.0 - 0.25)


def test_on_noise_a_small_value_is_as_rare_as_it_says():
    found = [
        reality_check(
            np.random.default_rng(seed).normal(0, 0.01, (100, 8)), block=1.0, draws=Draws(200, seed)
        )
        for seed in range(200)
    ]
    # 200 x 10 % = 20, deviation 4.2; Hansen's are a little too small in short samples.
    assert sum(told.white < 0.1 for told in found) < 20 + 3 * 4.3
    assert 4 < sum(told.consistent < 0.1 for told in found) < 20 + 4 * 4.3
    assert 0.35 < np.mean([told.upper for told in found]) < 0.65


def test_a_planted_signal_is_seen_among_hopeless_trials():
    for seed in range(20):
        returns = np.random.default_rng(seed).normal(0, 0.01, (250, 30))
        returns[:, 1:] -= 0.02
        returns[:, 0] += 0.003
        told = reality_check(returns, block=1.0, draws=Draws(300, seed))
        assert told.best == 0
        assert told.consistent < 0.02
        assert told.lower <= told.consistent <= told.upper


def test_a_benchmark_is_taken_off_bar_by_bar():
    rival = RETURNS[:, 1]
    alone = reality_check(RETURNS - rival[:, None], block=2.0, draws=Draws(50, 1))
    assert reality_check(RETURNS, rival, block=2.0, draws=Draws(50, 1)) == alone


def test_a_trial_that_never_moves_is_no_evidence():
    told = reality_check(np.zeros((20, 2)), block=1.0, draws=Draws(20))
    assert told.statistic == 0.0
    assert told.consistent == told.white == 1.0


def test_the_same_seed_gives_the_same_however_it_is_cut(monkeypatch):
    returns = np.random.default_rng(1).normal(0, 1, (40, 3))
    whole = reality_check(returns, block=2.0, draws=Draws(30, 7))
    monkeypatch.setattr("engine.overfit.superiority.CELLS", 80)
    assert reality_check(returns, block=2.0, draws=Draws(30, 7)) == whole


@pytest.mark.parametrize(
    ("returns", "more", "message"),
    [
        (np.zeros((2, 2)), {}, "at least 3"),
        (np.zeros((9, 2)), {"benchmark": np.zeros(8)}, "9 returns"),
        (np.full((9, 2), np.nan), {}, "trial 0 has nan"),
        (np.zeros((9, 2)), {"draws": Draws(0)}, "at least 1"),
    ],
)
def test_what_cannot_be_checked(returns, more, message):
    with pytest.raises(OverfitError, match=message):
        reality_check(returns, **more)
