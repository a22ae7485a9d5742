"""The probability of overfitting of a search is that of the returns of its sets."""

import numpy as np
import polars as pl
import pytest

from engine.optimizer import ParamOptimizer, generate_grid
from engine.overfit import backtest_overfitting
from engine.strategies.sma_cross import SmaCross
from engine.vectorized import VectorizedEngine
from engine.wfa.search import overfitting_of_search

BARS = pl.read_parquet("reference_data/bars/crypto_1m_binance_perp/BTCUSDT.parquet").head(3000)
ENGINE = VectorizedEngine(fee=0.0002)


def test_it_is_that_of_the_returns_themselves():
    grid = generate_grid({"fast": "5:25:5", "slow": "20:60:10"})
    scores = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, grid)
    found = overfitting_of_search(scores, BARS, SmaCross, ENGINE, blocks=8)
    scored = scores.table.filter(pl.col("status") == "scored")
    returns = [
        ENGINE.run(SmaCross(row["fast"], row["slow"]).run(BARS.lazy(), debug=True))
        .account.collect()["net"]
        .to_numpy()
        for row in scored.iter_rows(named=True)
    ]
    whole = backtest_overfitting(np.stack(returns, axis=1), blocks=8)
    assert found.probability == whole.probability
    assert found.trials == 23
    assert found.chosen == pytest.approx(whole.chosen, rel=1e-9)


def test_too_little_to_tell():
    scores = ParamOptimizer(ENGINE).run_parallel(BARS, SmaCross, [{"fast": 5, "slow": 20}])
    assert overfitting_of_search(scores, BARS, SmaCross, ENGINE) is None
