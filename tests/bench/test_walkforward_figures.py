"""Figures of walking forward: small, with a peer that answers from a file."""

import numpy as np
import pytest

from engine.overfit import backtest_overfitting
from parity.bench import walkforward
from parity.bench.goals import report_of
from parity.bench.walkforward import RACED, statistic_figures, walk_figures


def test_windows_of_segments_are_those_run_anew():
    figures = {figure.name: figure for figure in walk_figures(smoke=True)}
    assert figures["windows"].value == 24
    assert figures["sets"].value == 50
    assert not figures["largest relative difference of windows run anew"].missed


@pytest.fixture
def peer(monkeypatch):
    """Says what we say, and takes as long as it is told."""
    told = {"pbo_seconds": 100.0, "spa_seconds": 100.0, "pvalues": [0.5, 0.5, 0.5]}

    def ask(returns, **_more):
        logits = backtest_overfitting(returns, blocks=RACED["blocks"]).logits
        return {"logits": (logits * told.get("sign", 1)).tolist(), **told}

    monkeypatch.setattr(walkforward, "ask_peers", ask)
    return told


def test_a_slow_peer_that_agrees_meets_every_goal(peer):
    returns = np.random.default_rng(7)
    returns.normal(0.0, 0.01, (2_000, 500))
    raced = returns.normal(0.0, 0.01, (400, 20))
    draws = walkforward.Draws(RACED["resamples"], RACED["seed"])
    peer["pvalues"][2] = walkforward.reality_check(raced, block=10.0, draws=draws).white
    document = report_of("statistics", statistic_figures(smoke=True))
    assert [title for title in document["missed"] if "CPU seconds" not in title] == []


def test_a_peer_with_other_ranks_or_other_values_is_a_miss(peer):
    peer |= {"sign": -1, "pbo_seconds": 1e-9, "pvalues": [0.5, 0.5, 2.0]}
    missed = " ".join(report_of("statistics", statistic_figures(smoke=True))["missed"])
    assert "splits with another rank" in missed
    assert "times purgedcv" in missed
    assert "p-values apart" in missed
