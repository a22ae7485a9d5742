"""How much of a result is luck: statistics of overfitting."""

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

__all__ = [
    "Deflated",
    "Track",
    "deflate",
    "deflated_sharpe",
    "expected_max_sharpe",
    "independent_trials",
    "min_backtest_years",
    "min_track_record",
    "probabilistic_sharpe",
]
