"""Out-of-sample windows as one account: each bar is traded once, by the choice made before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from engine.execution.records import Floats, Ints
from engine.optimizer.batch import WINDOW
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine, account_metrics
from engine.wfa.scoring import Plan
from engine.wfa.tape import Course
from engine.wfa.windows import Window


@dataclass(frozen=True)
class Stitched:
    """The account bar by bar from the first test to the last, its trades and its metrics.

    ``account``: timestamp, window (null between tests), exposure, turnover, gross, cost, net and
    equity, which starts at 1 and goes on from window to window; and ``hindsight``, the equity of
    the one set that is best over all bars, which nobody knew. ``trades`` are those of a screen and
    have ``weight``, the symbol's share of the account.
    """

    account: pl.DataFrame
    trades: pl.DataFrame
    metrics: pl.DataFrame


def stitch(
    course: Course,
    engine: VectorizedEngine,
    plan: Plan,
    chosen: Sequence[StrategyBase | None],
) -> Stitched:
    """Trade each test by the strategy chosen for it; None stays flat.

    Where the choice changes, only the difference of the two positions is traded and paid for. The
    signal that a test's first bar trades on is the new strategy's: it was known by then.
    """
    windows = plan.windows
    first, last = windows[0].test_start, windows[-1].test_end
    signal = stitched_signal(course, engine, plan, chosen)
    # As the whole course has them, for the tests alone may show others.
    engine = replace(engine, weights=course.weights, convention=plan.convention)
    rows = course.bars.with_columns(signal=pl.Series(signal))
    screen = engine.run(rows.filter(pl.Series(course.tape.bar < last)))
    window = np.full(len(course.clock), -1, dtype=np.int32)
    for number, one in enumerate(windows):
        window[one.test_start : one.test_end] = number
    span = pl.DataFrame({"timestamp": course.clock, WINDOW: window}).slice(first, last - first)
    account = (
        span.with_columns(pl.when(pl.col(WINDOW) >= 0).then(WINDOW))
        .join(screen.account.collect(), on="timestamp", how="left")
        .sort("timestamp")
    )
    trades = screen.trades.collect().with_columns(
        pl.col("symbol").replace_strict(course.weights, return_dtype=pl.Float64()).alias("weight")
    )
    return Stitched(account, trades, account_metrics(account, trades, engine))


def with_hindsight(
    stitched: Stitched, course: Course, best: StrategyBase, windows: Sequence[Window]
) -> Stitched:
    """The same account beside that of one strategy over the same bars."""
    flow = course.play(course.signal(best), course.room())
    net = flow.net[windows[0].test_start : windows[-1].test_end]
    beside = stitched.account.with_columns(pl.Series("hindsight", np.cumprod(1.0 + net)))
    return replace(stitched, account=beside)


def stitched_signal(
    course: Course,
    engine: VectorizedEngine,
    plan: Plan,
    chosen: Sequence[StrategyBase | None],
) -> Floats:
    """Of every row, the signal of the window in which it will be held; 0 where there is none."""
    held_in = _later_bar(course)
    signal = np.zeros(course.bars.height)
    for one, strategy in zip(plan.windows, chosen, strict=True):
        if strategy is None:
            continue
        mine = (held_in >= one.test_start) & (held_in < one.test_end)
        if plan.afresh:
            begin = max(0, one.test_start - course.back(strategy, plan.warmup))
            own = _afresh(course, engine, (begin, one.test_end), strategy)
        else:
            own = course.signal(strategy)
        signal[mine] = own[mine]
    return signal


def _afresh(
    course: Course, engine: VectorizedEngine, span: tuple[int, int], strategy: StrategyBase
) -> Floats:
    """The signal on a span of bars alone, 0 on all others."""
    inside = (course.tape.bar >= span[0]) & (course.tape.bar < span[1])
    out = np.zeros(course.bars.height)
    out[inside] = course.part(*span, engine).signal(strategy)
    return out


def _later_bar(course: Course) -> Ints:
    """The bar at which a row's signal is held: that of the row ``delay`` rows on, of its symbol."""
    bar, out = course.tape.bar, np.full(course.bars.height, -1, dtype=np.int64)
    for first, last in zip(course.tape.starts[:-1], course.tape.starts[1:], strict=True):
        out[first : max(first, last - course.delay)] = bar[first + course.delay : last]
    return out
