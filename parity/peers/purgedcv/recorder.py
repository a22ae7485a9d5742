"""Ask purgedcv, skfolio, arch and scikit-learn about overfitting and about windows.

``recorder.py CASES ANSWERS`` or ``recorder.py --about``; run by their environment's own Python.
Whatever a function says is its answer: numbers, lists of them, or the name of an error.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform as interpreter
import warnings
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import purgedcv
from arch.bootstrap import SPA, StationaryBootstrap, optimal_block_length
from skfolio.model_selection import CombinatorialPurgedCV, WalkForward
from sklearn.model_selection import TimeSeriesSplit

PACKAGES = ("purgedcv", "skfolio", "arch", "scikit-learn", "numpy", "scipy", "pandas")
Case = dict[str, Any]


def runs(bars: Any) -> list[list[int]]:
    """Bars as spans [start, end)."""
    given = np.asarray(bars, dtype=int)
    cuts = [0, *(np.flatnonzero(np.diff(given) != 1) + 1).tolist(), len(given)]
    return [[int(given[a]), int(given[b - 1]) + 1] for a, b in pairwise(cuts) if b > a]


def spans(splits: Any) -> list[list[int]]:
    """Walk-forward splits as train start, train end, test start, test end."""
    return [[*runs(train)[0], *runs(test)[0]] for train, test in splits]


def days(case: Case) -> pd.DatetimeIndex:
    """The clock of a case."""
    return pd.date_range(case["start"], periods=case["bars"], freq="D")


def table(case: Case) -> np.ndarray:
    """(bars, trials)."""
    return np.asarray(case["returns"], dtype=float)


def full(case: Case) -> Any:
    """The deflated Sharpe ratio with all that went into it."""
    return purgedcv.deflated_sharpe_ratio_full(
        np.asarray(case["returns"]), case["trials"], case["variance"]
    )


def track(case: Case) -> float:
    """The minimum track record, in bars."""
    return purgedcv.min_track_record_length(
        case["sharpe"],
        case["benchmark"],
        alpha=1.0 - case["confidence"],
        skew=case["skew"],
        kurtosis=case["kurtosis"] + 3.0,
    )


def splits_of(case: Case) -> Any:
    """The probability of backtest overfitting; purgedcv takes a row a trial."""
    return purgedcv.probability_of_backtest_overfitting(table(case).T, n_splits=case["blocks"])


def superior(case: Case, *, studentize: bool) -> list[float]:
    """P-values lower, consistent, upper; arch takes losses."""
    told = SPA(
        np.zeros(len(table(case))),
        -table(case),
        block_size=case["block"],
        reps=case["resamples"],
        seed=case["seed"],
        studentize=studentize,
    )
    told.compute()
    return [float(told.pvalues[name]) for name in ("lower", "consistent", "upper")]


def drawn(case: Case) -> list[list[int]]:
    """The bars of each resample of the same seed."""
    drawer = StationaryBootstrap(case["block"], np.arange(len(table(case))), seed=case["seed"])
    return [data[0][0].tolist() for data in drawer.bootstrap(case["resamples"])]


def calendar(case: Case) -> list[list[int]]:
    """skfolio's windows by months."""
    cv = WalkForward(
        test_size=case["test"],
        train_size=case["train"],
        freq="MS",
        expand_train=case["anchored"],
        reduce_test=case["keep_short"],
        purged_size=case["purge"],
    )
    return spans(cv.split(pd.DataFrame(np.zeros((case["bars"], 1)), index=days(case))))


def by_bars(case: Case) -> list[list[int]]:
    """skfolio's windows by bars."""
    cv = WalkForward(
        test_size=case["test"],
        train_size=case["train"],
        expand_train=case["anchored"],
        reduce_test=case["keep_short"],
        purged_size=case["purge"],
    )
    return spans(cv.split(np.zeros((case["bars"], 1))))


def time_series(case: Case) -> list[list[int]]:
    """scikit-learn's windows."""
    cv = TimeSeriesSplit(
        n_splits=(case["bars"] - case["train"] - case["purge"]) // case["test"],
        max_train_size=None if case["anchored"] else case["train"],
        test_size=case["test"],
        gap=case["purge"],
    )
    return spans(cv.split(np.zeros((case["bars"], 1))))


def moments(case: Case) -> pd.Series:
    """Times of predictions whose labels are known at once."""
    return pd.Series(pd.date_range("2024-01-01", periods=case["bars"], freq="D"))


def walk_split(case: Case) -> list[list[int]]:
    """purgedcv's windows, of labels that are known at once."""
    cv = purgedcv.WalkForwardSplit(
        (case["bars"] - case["train"]) // case["test"],
        case["test"],
        train_size=None if case["anchored"] else case["train"],
        window="expanding" if case["anchored"] else "sliding",
        prediction_times=moments(case),
        evaluation_times=moments(case),
    )
    return spans(cv.split(np.zeros((case["bars"], 1))))


def combined(case: Case) -> list[list[list[list[int]]]]:
    """skfolio: per split the spans it trains on and those it tests on."""
    cv = CombinatorialPurgedCV(
        n_folds=case["groups"],
        n_test_folds=case["tested"],
        purged_size=case["purge"],
        embargo_size=case["embargo"],
    )
    found = cv.split(np.zeros((case["bars"], 2)))
    return [[runs(train), [runs(test)[0] for test in tests]] for train, tests in found]


def combined_paths(case: Case) -> int:
    """How many paths skfolio counts."""
    cv = CombinatorialPurgedCV(n_folds=case["groups"], n_test_folds=case["tested"])
    return int(cv.n_test_paths)


def purged(case: Case) -> Any:
    """purgedcv's cross-validation, of labels that are known at once."""
    return purgedcv.CombinatorialPurgedCV(
        case["groups"],
        case["tested"],
        prediction_times=moments(case),
        evaluation_times=moments(case),
        embargo_observations=case["embargo"],
    )


def purged_splits(case: Case) -> list[list[list[list[int]]]]:
    """purgedcv: the same; neighbouring test groups are one span."""
    found = purged(case).split(np.zeros((case["bars"], 1)))
    return [[runs(train), runs(test)] for train, test in found]


def purged_paths(case: Case) -> list[list[int]]:
    """The split that each path takes each bar from."""
    cv = purged(case)
    tests = [test for _, test in cv.split(np.zeros((case["bars"], 1)))]
    numbers = [np.full(len(test), float(number)) for number, test in enumerate(tests)]
    sizes = (case["groups"], case["tested"], case["bars"])
    return purgedcv.reconstruct_paths(numbers, tests, *sizes).astype(int).tolist()


QUESTIONS: dict[str, dict[str, Callable[[Case], Any]]] = {
    "returns": {
        "purgedcv.probabilistic_sharpe_ratio": lambda c: purgedcv.probabilistic_sharpe_ratio(
            np.asarray(c["returns"]), c["benchmark"]
        ),
        "purgedcv.deflated_sharpe_ratio_full.dsr": lambda c: full(c).dsr,
        "purgedcv.deflated_sharpe_ratio_full.sr_star": lambda c: full(c).sr_star,
        "purgedcv.deflated_sharpe_ratio_full.moments": lambda c: [
            full(c).observed_sr,
            full(c).skew,
            full(c).kurt,
        ],
        "arch.optimal_block_length": lambda c: float(
            optimal_block_length(np.asarray(c["returns"]))["stationary"].iloc[0]
        ),
    },
    "record": {"purgedcv.min_track_record_length": track},
    "trials": {
        "purgedcv.minimum_backtest_length": lambda c: purgedcv.minimum_backtest_length(
            c["trials"], c["target"]
        )
    },
    "matrix": {
        "purgedcv.probability_of_backtest_overfitting": lambda c: splits_of(c).pbo,
        "purgedcv.probability_of_backtest_overfitting.logits": lambda c: splits_of(
            c
        ).logits.tolist(),
        "purgedcv.probability_of_backtest_overfitting.slope": lambda c: splits_of(c).slope,
        "purgedcv.probability_of_backtest_overfitting.is_oos_performance": lambda c: splits_of(
            c
        ).is_oos_performance.tolist(),
    },
    "bootstrap": {
        "arch.SPA(studentize=False)": lambda c: superior(c, studentize=False),
        "arch.SPA(studentize=True)": lambda c: superior(c, studentize=True),
        "arch.StationaryBootstrap": drawn,
    },
    "walk": {
        "skfolio.WalkForward": by_bars,
        "sklearn.TimeSeriesSplit": time_series,
        "purgedcv.WalkForwardSplit": walk_split,
    },
    "months": {"skfolio.WalkForward(freq='MS')": calendar},
    "combine": {
        "skfolio.CombinatorialPurgedCV": combined,
        "skfolio.CombinatorialPurgedCV.n_test_paths": combined_paths,
        "purgedcv.CombinatorialPurgedCV": purged_splits,
        "purgedcv.reconstruct_paths": purged_paths,
    },
}


def answer(call: Callable[[Case], Any], case: Case) -> Any:
    """What a function says of a case."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = call(case)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:160]}
    return float(value) if isinstance(value, np.floating) else value


def about() -> dict[str, Any]:
    """The libraries, their exact versions and the interpreter."""
    return {
        "platform": "purgedcv",
        "version": version("purgedcv"),
        "python": interpreter.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def main() -> None:
    """Answer every question of every case."""
    parser = argparse.ArgumentParser(description="ask purgedcv, skfolio, arch and scikit-learn")
    parser.add_argument("cases", nargs="?", type=Path)
    parser.add_argument("answers", nargs="?", type=Path)
    parser.add_argument("--about", action="store_true", help="print versions and stop")
    given = parser.parse_args()
    if given.about:
        print(json.dumps(about()))
        return
    if given.cases is None or given.answers is None:
        parser.error("name the file of cases and the file for the answers")
    cases = json.loads(given.cases.read_text(encoding="utf-8"))
    told = {
        name: {question: answer(call, case) for question, call in QUESTIONS[case["kind"]].items()}
        for name, case in cases.items()
    }
    head = {
        **about(),
        "recorder": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "cases": hashlib.sha256(given.cases.read_bytes()).hexdigest(),
        "answers": told,
    }
    text = json.dumps(head, indent=None, sort_keys=True, separators=(",", ":"))
    given.answers.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
