"""Which function of which library answers the same question as one of ours, and how far.

A question without ``differs`` is equal on every case but those ``apart`` names, each with its
reason. One with ``differs`` follows another rule. Both are strict: what is said to differ must.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.overfit import (
    Draws,
    Overfitting,
    Track,
    backtest_overfitting,
    block_length,
    deflated_sharpe,
    expected_max_sharpe,
    min_backtest_years,
    min_track_record,
    probabilistic_sharpe,
    reality_check,
)
from engine.wfa import Combinatorial, Months, Rolling, Window
from parity.statistics.answers import Case

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What we say of a case, beside a library's function of that name.

    ``own`` is given the case and all that the libraries said of it (moments and resamples that
    they used themselves are inputs of ours).
    """

    kind: str
    ours: str
    theirs: str
    own: Callable[[Case, Answers], Any]
    differs: str = ""
    apart: Mapping[str, str] = field(default_factory=dict)


def returns_of(case: Case) -> Floats:
    """The literal returns."""
    return np.asarray(case["returns"], dtype=np.float64)


def their_track(case: Case, said: Answers) -> Track:
    """A track record with the moments that purgedcv itself measured."""
    sharpe, skew, kurtosis = said["purgedcv.deflated_sharpe_ratio_full.moments"]
    return Track(sharpe, len(case["returns"]), skew, kurtosis - 3.0)


def deflated(track: Track, case: Case) -> float:
    """The deflated Sharpe ratio of a case."""
    return deflated_sharpe(track, trials=case["trials"], variance=case["variance"])


def record_of(case: Case, _said: Answers) -> float:
    """The fewest bars, not rounded."""
    track = Track(case["sharpe"], 0, case["skew"], case["kurtosis"])
    return min_track_record(track, case["benchmark"], case["confidence"])


def splits_of(case: Case) -> Overfitting:
    """All splits of a matrix of trials."""
    return backtest_overfitting(returns_of(case), blocks=case["blocks"])


def superior(case: Case, said: Answers, *, studentize: bool) -> list[float]:
    """Our p-values from the very resamples that arch drew."""
    draws = Draws(given=np.asarray(said["arch.StationaryBootstrap"], dtype=np.int64))
    told = reality_check(returns_of(case), block=case["block"], draws=draws, studentize=studentize)
    return [told.lower, told.consistent, told.upper]


def walked(case: Case, *, from_end: bool = False) -> list[list[int]]:
    """Windows by bars."""
    rolling = Rolling(
        case["train"],
        case["test"],
        anchored=case["anchored"],
        purge=case["purge"],
        keep_short=case["keep_short"],
        from_end=from_end,
    )
    return [edges(one) for one in rolling.plan(pl.Series(range(case["bars"])))]


def months(case: Case, _said: Answers) -> list[list[int]]:
    """Windows by calendar months."""
    start = pl.Series([case["start"]]).str.to_datetime(time_unit="ms")[0]
    end = pl.select(pl.lit(start) + pl.duration(days=case["bars"] - 1)).item()
    clock = pl.datetime_range(start, end, "1d", time_unit="ms", eager=True)
    rolling = Rolling(
        Months(case["train"]),
        Months(case["test"]),
        anchored=case["anchored"],
        purge=case["purge"],
        keep_short=case["keep_short"],
    )
    return [edges(one) for one in rolling.plan(clock)]


def edges(one: Window) -> list[int]:
    """A window as four numbers."""
    return [one.train_start, one.train_end, one.test_start, one.test_end]


def combine(case: Case, *, join: bool) -> list[list[list[list[int]]]]:
    """Splits as spans; ``join`` makes one of neighbouring groups that are tested."""
    found = _combinatorial(case).splits(case["bars"])
    return [[list(map(list, one.train)), _spans(one.test, join)] for one in found]


def paths(case: Case, _said: Answers) -> list[list[int]]:
    """The split that each path takes each bar from."""
    cv = _combinatorial(case)
    size, rest = divmod(case["bars"], case["groups"])
    sizes = [size + (group < rest) for group in range(case["groups"])]
    return [np.repeat(path, sizes).tolist() for path in cv.paths()]


def _combinatorial(case: Case) -> Combinatorial:
    return Combinatorial(case["groups"], case["tested"], case["purge"], case["embargo"])


def _spans(test: tuple[tuple[int, int], ...], join: bool) -> list[list[int]]:
    found = [list(test[0])]
    for start, end in test[1:]:
        if join and start == found[-1][1]:
            found[-1][1] = end
        else:
            found.append([start, end])
    return found


LAST: Final = "it lays windows so that the last test ends with the last bar; ours has from_end"
CEILING: Final = "it rounds up to a whole bar"
SHORT: Final = "its answer may be less than one bar; ours is at least 1"
FULL: Final = "purgedcv.deflated_sharpe_ratio_full"
PBO: Final = "purgedcv.probability_of_backtest_overfitting"
ANOTHER: Final = (
    "its Sharpe ratio has ddof 0, its skew and kurtosis are corrected for bias; ours are as in our "
    "catalogue of metrics (ddof 1, biased)"
)
PURGE: Final = dict.fromkeys(
    ("rolling_purged", "anchored_purged"),
    "no bars purged: it purges by times of labels, of which these cases have none",
)

QUESTIONS: Final = (
    Question(
        "returns",
        "`probabilistic_sharpe` of its moments",
        "purgedcv.probabilistic_sharpe_ratio",
        lambda c, said: probabilistic_sharpe(their_track(c, said), c["benchmark"]),
    ),
    Question(
        "returns",
        "`probabilistic_sharpe` of returns",
        "purgedcv.probabilistic_sharpe_ratio",
        lambda c, _: probabilistic_sharpe(Track.of(returns_of(c)), c["benchmark"]),
        differs=ANOTHER,
    ),
    Question(
        "returns",
        "`deflated_sharpe` of its moments",
        f"{FULL}.dsr",
        lambda c, said: deflated(their_track(c, said), c),
    ),
    Question(
        "returns",
        "`deflated_sharpe` of returns",
        f"{FULL}.dsr",
        lambda c, _: deflated(Track.of(returns_of(c)), c),
        differs=ANOTHER,
    ),
    Question(
        "returns",
        "`expected_max_sharpe`",
        f"{FULL}.sr_star",
        lambda c, _: expected_max_sharpe(c["trials"], c["variance"]),
    ),
    Question(
        "record",
        "`min_track_record`, rounded up",
        "purgedcv.min_track_record_length",
        lambda c, said: float(math.ceil(record_of(c, said))),
    ),
    Question(
        "record",
        "`min_track_record`",
        "purgedcv.min_track_record_length",
        record_of,
        differs=CEILING,
    ),
    Question(
        "trials",
        "`min_backtest_years`",
        "purgedcv.minimum_backtest_length",
        lambda c, _: min_backtest_years(c["trials"], c["target"]),
    ),
    Question(
        "matrix",
        "`backtest_overfitting`: logits",
        f"{PBO}.logits",
        lambda c, _: splits_of(c).logits.tolist(),
    ),
    Question(
        "matrix",
        "`backtest_overfitting`: probability",
        PBO,
        lambda c, _: splits_of(c).probability,
        apart={"blocks_uneven": "it counts logits below 0, we those at 0 too, as the paper does"},
    ),
    Question(
        "matrix",
        "`backtest_overfitting`: slope",
        f"{PBO}.slope",
        lambda c, _: splits_of(c).slope,
    ),
    Question(
        "matrix",
        "`backtest_overfitting`: chosen and found",
        f"{PBO}.is_oos_performance",
        lambda c, _: np.stack([splits_of(c).chosen, splits_of(c).found], axis=1).tolist(),
    ),
    Question(
        "bootstrap",
        "`reality_check(studentize=False)` of its resamples",
        "arch.SPA(studentize=False)",
        lambda c, said: superior(c, said, studentize=False),
    ),
    Question(
        "bootstrap",
        "`reality_check` of its resamples",
        "arch.SPA(studentize=True)",
        lambda c, said: superior(c, said, studentize=True),
        differs="arch 8.0.0 notes studentize=True and compares plain means all the same: its "
        "p-values are those of studentize=False; ours divides each mean by its own deviation, as "
        "Hansen does",
    ),
    Question(
        "returns",
        "`block_length`",
        "arch.optimal_block_length",
        lambda c, _: block_length(returns_of(c)),
        apart={"gauss": SHORT, "fat_tails": SHORT},
    ),
    Question("walk", "`Rolling`", "skfolio.WalkForward", lambda c, _: walked(c)),
    Question(
        "walk",
        "`Rolling(from_end=True)`",
        "sklearn.TimeSeriesSplit",
        lambda c, _: walked(c, from_end=True),
    ),
    Question(
        "walk",
        "`Rolling`",
        "sklearn.TimeSeriesSplit",
        lambda c, _: walked(c),
        apart=dict.fromkeys(("rolling_short", "rolling_dropped"), LAST),
    ),
    Question(
        "walk",
        "`Rolling(from_end=True)`",
        "purgedcv.WalkForwardSplit",
        lambda c, _: walked(c, from_end=True),
        apart=PURGE,
    ),
    Question(
        "months",
        "`Rolling`",
        "skfolio.WalkForward(freq='MS')",
        months,
        apart={
            "months_dropped": "a month is whole for it once the next has a bar; for ours once its "
            "last bar is there"
        },
    ),
    Question(
        "combine",
        "`Combinatorial.splits`",
        "skfolio.CombinatorialPurgedCV",
        lambda c, _: combine(c, join=False),
        apart={"uneven": "what is left over makes its last group longer, our first ones"},
    ),
    Question(
        "combine",
        "`Combinatorial.path_count`",
        "skfolio.CombinatorialPurgedCV.n_test_paths",
        lambda c, _: _combinatorial(c).path_count,
    ),
    Question(
        "combine",
        "`Combinatorial.splits`",
        "purgedcv.CombinatorialPurgedCV",
        lambda c, _: combine(c, join=True),
        apart={"six_two_purged": "it purges by times of labels, and these are known at once"},
    ),
    Question("combine", "`Combinatorial.paths`", "purgedcv.reconstruct_paths", paths),
)
