"""Figures of walk-forward analysis and of the statistics of overfitting, for ``bench optimizer``.

CPU seconds, medians of several calls; peers run on the same arrays in the same run, and what they
said is compared.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import PeerFailed
from engine.optimizer import generate_grid
from engine.overfit import Draws, backtest_overfitting, reality_check
from engine.strategies.sma_cross import SmaCross
from engine.vectorized import VectorizedEngine
from engine.wfa import Rolling, WalkForward, WalkForwardValidator
from parity.bench.goals import Figure, at_least, at_most
from parity.bench.minutes import long_minutes
from parity.environments import environment_of, peer_environ
from parity.statistics.answers import PEER

STOPWATCH: Final = Path(__file__).parent / "stopwatch" / "on_statistics.py"
BARS, TRAIN, TEST = 100_000, 28_000, 3_000
GROWN: Final = "total_return"
WALK, STATISTICS, CHECK = "walk-forward", "probability of overfitting", "reality check"
# The race against the peers: their size of a second or so.
RACED: Final = {"blocks": 10, "block": 10, "resamples": 1000, "seed": 1}
Say = Callable[[str], None]


def walkforward_figures(*, smoke: bool = False, say: Say = lambda _text: None) -> list[Figure]:
    """All of them. Raises PeerMissing where the peers' environment cannot be built."""
    return [*walk_figures(smoke=smoke, say=say), *statistic_figures(smoke=smoke, say=say)]


def walk_figures(*, smoke: bool = False, say: Say = lambda _text: None) -> list[Figure]:
    """500 sets over 24 windows of 100,000 bars; and how far windows are from windows run anew."""
    bars = bars_of(BARS // 10 if smoke else BARS)
    scale = 10 if smoke else 1
    grid = generate_grid({"fast": range(5, 105, 5), "slow": range(110, 360, 10)})
    sets = grid.head(50 if smoke else 500)
    rolling = Rolling(TRAIN // scale, TEST // scale)
    engine = VectorizedEngine(fee=0.0002)
    say(f"walk-forward, {sets.height} sets, {bars.height:,} bars")

    def walk() -> WalkForward:
        return WalkForwardValidator(rolling, engine=engine).run(bars, SmaCross, sets)

    walk()
    seconds, found = timed(walk, 1 if smoke else 3)
    few = sets.sample(6, seed=1)
    say("windows run anew")
    once, anew = (
        WalkForwardValidator(rolling, engine=engine, afresh=afresh, resamples=10).run(
            bars, SmaCross, few
        )
        for afresh in (False, True)
    )
    growth = float(found.equity["equity"].to_numpy()[-1])
    return [
        Figure(WALK, "windows", float(found.windows.height)),
        Figure(WALK, "sets", float(sets.height)),
        Figure(WALK, "bars", float(bars.height)),
        Figure(WALK, "CPU seconds, all statistics included", seconds, "s", at_most(10)),
        Figure(WALK, "stitched growth of 1 (checksum)", growth),
        Figure(
            WALK,
            "largest relative difference of windows run anew",
            furthest(once, anew),
            "",
            at_most(1e-12),
        ),
    ]


def statistic_figures(*, smoke: bool = False, say: Say = lambda _text: None) -> list[Figure]:
    """PBO of 16 blocks on 500 trials; PBO and reality check beside purgedcv and arch."""
    rng = np.random.default_rng(7)
    large = rng.normal(0.0, 0.01, (2_000, 500))
    backtest_overfitting(large)
    seconds, told = timed(lambda: backtest_overfitting(large), 5)
    figures = [
        Figure(STATISTICS, "splits of 16 blocks, 500 trials", float(len(told.logits))),
        Figure(STATISTICS, "CPU seconds of them", seconds, "s", at_most(0.2)),
        Figure(STATISTICS, "probability (checksum)", told.probability),
    ]
    bars, trials = (400, 20) if smoke else (2_000, 100)
    raced = rng.normal(0.0, 0.01, (bars, trials))
    say(f"purgedcv and arch, {bars:,} bars, {trials} trials")
    peer = ask_peers(raced, rounds=1 if smoke else 3, say=say)
    return [*figures, *_splits(raced, peer), *_checks(raced, peer)]


def ask_peers(returns: Any, *, rounds: int, say: Say) -> dict[str, Any]:
    """What purgedcv and arch say of returns, and how long they took, in their environment."""
    environment = environment_of(PEER, say=say)
    with tempfile.TemporaryDirectory(prefix="truefill-bench-") as folder:
        place = Path(folder)
        np.save(place / "returns.npy", returns)
        (place / "settings.json").write_text(json.dumps({**RACED, "rounds": rounds}))
        done = subprocess.run(
            [str(environment.python), str(STOPWATCH), folder],
            capture_output=True,
            text=True,
            env=peer_environ(),
            check=False,
        )
    if done.returncode:
        raise PeerFailed(f"purgedcv and arch failed: {done.stderr[-600:]}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _splits(returns: Any, peer: dict[str, Any]) -> list[Figure]:
    blocks = int(RACED["blocks"])
    seconds, told = timed(lambda: backtest_overfitting(returns, blocks=blocks), 9)
    other = np.array(peer["logits"])
    same = len(other) == len(told.logits) and bool(np.array_equal(other, told.logits))
    return [
        Figure(STATISTICS, f"purgedcv, {blocks} blocks", peer["pbo_seconds"], "s"),
        Figure(STATISTICS, "the same, ours", seconds, "s"),
        Figure(STATISTICS, "times purgedcv", peer["pbo_seconds"] / seconds, "x", at_least(100)),
        Figure(STATISTICS, "splits with another rank", 0.0 if same else 1.0, "", at_most(0)),
    ]


def _checks(returns: Any, peer: dict[str, Any]) -> list[Figure]:
    draws = Draws(int(RACED["resamples"]), int(RACED["seed"]))
    seconds, told = timed(
        lambda: reality_check(returns, block=float(RACED["block"]), draws=draws), 5
    )
    # arch compares plain means, as White's check does.
    apart = abs(peer["pvalues"][2] - told.white)
    return [
        Figure(CHECK, f"arch, {draws.resamples:,} resamples", peer["spa_seconds"], "s"),
        Figure(CHECK, "the same, ours", seconds, "s"),
        Figure(CHECK, "times arch", peer["spa_seconds"] / seconds, "x", at_least(3)),
        Figure(CHECK, "p-values apart", apart, "", at_most(0.05)),
    ]


def bars_of(count: int) -> pl.DataFrame:
    """So many minutes of one symbol."""
    prices, _ = long_minutes(count)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    clock = pl.datetime_range(
        start, start + timedelta(minutes=count - 1), "1m", time_unit="ms", eager=True
    )
    return pl.DataFrame({"timestamp": clock, "symbol": ["X"] * count, **prices})


def furthest(once: WalkForward, anew: WalkForward) -> float:
    """The largest relative difference in any window, of Sharpe, volatility, drawdown and growth.

    Of growth and not of the return, which is a small difference of two numbers near 1.
    """
    worst = 0.0
    for name, base in (("sharpe", 0.0), ("volatility", 0.0), ("max_drawdown", 1.0), (GROWN, 1.0)):
        one, other = (found.scores[name].to_numpy() + base for found in (once, anew))
        if not np.array_equal(np.isnan(one), np.isnan(other)):
            return float("inf")
        apart = (one != other) & ~np.isnan(one)
        one, other = one[apart], other[apart]
        far = np.abs(one - other) / np.maximum(np.abs(one), np.abs(other))
        worst = max(worst, float(far.max(initial=0.0)))
    return worst


def timed(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The median of CPU seconds of several calls, and the last answer."""
    taken, said = [], None
    for _ in range(rounds):
        begun = time.process_time()
        said = call()
        taken.append(time.process_time() - begun)
    return statistics.median(taken), said


__all__ = ["statistic_figures", "walk_figures", "walkforward_figures"]
