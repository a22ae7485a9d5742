"""How much of a result is luck: statistics of overfitting."""

from engine.overfit.bootstrap import (
    Resampled,
    Shuffled,
    block_length,
    bootstrap_returns,
    bootstrap_trades,
    shuffle_trades,
    stationary_bars,
)
from engine.overfit.pbo import Blocks, Overfitting, backtest_overfitting, overfitting_of
from engine.overfit.sharpe import (
    Deflated,
    Track,
    deflate,
    deflated_sharpe,
    expected_max_sharpe,
    independent_trials,
    min_backtest_years,
    min_track_record,
    probabilistic_sharpe,
)
from engine.overfit.superiority import Draws, Superiority, reality_check

__all__ = [
    "Blocks",
    "Deflated",
    "Draws",
    "Overfitting",
    "Resampled",
    "Shuffled",
    "Superiority",
    "Track",
    "backtest_overfitting",
    "block_length",
    "bootstrap_returns",
    "bootstrap_trades",
    "deflate",
    "deflated_sharpe",
    "expected_max_sharpe",
    "independent_trials",
    "min_backtest_years",
    "min_track_record",
    "overfitting_of",
    "probabilistic_sharpe",
    "reality_check",
    "shuffle_trades",
    "stationary_bars",
]
