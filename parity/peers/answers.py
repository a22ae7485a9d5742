"""A library's side of the metrics: read stored returns, call its functions, write what they say.

It runs inside the library's own environment and needs the standard library, numpy and pandas only.
Whatever a function does is its answer: a number, a word for one that JSON lacks, or an error.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform as interpreter
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Returns = pd.Series
NAMES = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
START = "2020-01-06"


@dataclass(frozen=True)
class Case:
    """Returns on business days, with or without those of a benchmark; rates are per bar."""

    returns: pd.Series
    benchmark: pd.Series | None
    periods: float
    risk_free: float
    target: float

    @property
    def annual_risk_free(self) -> float:
        """The same rate a year."""
        return math.pow(1.0 + self.risk_free, self.periods) - 1.0

    @property
    def annual_target(self) -> float:
        """The same target a year."""
        return math.pow(1.0 + self.target, self.periods) - 1.0


@dataclass(frozen=True)
class Library:
    """Who answers: its name, its distributions, and one call per question.

    Calls under ``against`` need a benchmark and are left out where a case has none.
    """

    name: str
    version: str
    packages: tuple[str, ...]
    alone: Mapping[str, Callable[[Case], Any]]
    against: Mapping[str, Callable[[Case], Any]]


def read_case(told: Mapping[str, Any]) -> Case:
    """One stored case as a user of the library would hold it."""
    days = pd.bdate_range(START, periods=len(told["returns"]))
    series = [
        None if values is None else pd.Series([NAMES.get(x, x) for x in values], days, dtype=float)
        for values in (told["returns"], told.get("benchmark"))
    ]
    rates = told["periods_per_year"], told.get("risk_free", 0.0), told.get("target", 0.0)
    return Case(series[0], series[1], *map(float, rates))


def answer(call: Callable[[Case], Any], case: Case) -> Any:
    """What a function says of a case."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = call(case)
        number = float(np.asarray(value).reshape(-1)[0])
    except Exception as error:
        return {"error": type(error).__name__}
    return number if math.isfinite(number) else str(number)


def about(library: Library) -> dict[str, Any]:
    """The library, its exact version, the interpreter and the packages that matter."""
    return {
        "platform": library.name,
        "version": library.version,
        "python": interpreter.python_version(),
        "packages": {name: version(name) for name in library.packages},
    }


def recorder_digest(recorder: Path) -> str:
    """The sources that decide what is recorded."""
    digest = hashlib.sha256()
    for source in (recorder, Path(__file__)):
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()


def main(library: Library, recorder: Path) -> None:
    """``recorder.py CASES ANSWERS`` or ``recorder.py --about``."""
    parser = argparse.ArgumentParser(description=f"ask {library.name} {library.version}")
    parser.add_argument("cases", nargs="?", type=Path)
    parser.add_argument("answers", nargs="?", type=Path)
    parser.add_argument("--about", action="store_true", help="print versions and stop")
    given = parser.parse_args()
    if given.about:
        print(json.dumps(about(library)))
        return
    if given.cases is None or given.answers is None:
        parser.error("name the file of cases and the file for the answers")
    answers = {}
    for name, told in json.loads(given.cases.read_text(encoding="utf-8")).items():
        case = read_case(told)
        calls = {**library.alone, **(library.against if case.benchmark is not None else {})}
        answers[name] = {question: answer(call, case) for question, call in calls.items()}
    head = {
        **about(library),
        "recorder": recorder_digest(recorder),
        "cases": hashlib.sha256(given.cases.read_bytes()).hexdigest(),
        "answers": answers,
    }
    text = json.dumps(head, indent=1, sort_keys=True, allow_nan=False)
    given.answers.write_text(text + "\n", encoding="utf-8")
