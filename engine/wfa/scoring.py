"""Every trial scored: sums of each window, of each block, and a coarse series of its returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import joblib
import numpy as np
import polars as pl

from engine.execution.records import Floats, Ints
from engine.metrics import Convention, measure_returns
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.kernels import Flow, add_bars, add_up
from engine.wfa.segments import FIELDS, KNOWN, Segments, edges_of, together
from engine.wfa.tape import Course
from engine.wfa.windows import Window

# Trials in one task and in one file of what was done.
AT_ONCE: Final = 32
SIDES: Final = ("train", "test")
Progress = Callable[[int, int, int], None]
"""Hears how many trials are done, of how many, and how many of them failed."""


@dataclass(frozen=True)
class Part:
    """What some trials came to, NaN where one failed; errors by trial.

    ``segments`` (trials, segments, fields) of the whole run, ``windows`` (trials, windows, sides,
    fields), ``coarse`` (trials, spans) sums of returns, ``more`` (trials, windows, sides, metrics)
    what sums cannot tell.
    """

    first: int
    segments: Floats
    windows: Floats
    coarse: Floats
    more: Floats
    errors: Mapping[int, str]


@dataclass(frozen=True)
class Plan:
    """What is scored: windows, segments of the whole, spans of the coarse series, more metrics.

    With ``afresh`` a trial is run anew in every train and test window, on its bars and ``warmup``
    bars before it that are cut from the result; without, it is run once and windows are put
    together from segments.
    """

    windows: Sequence[Window]
    edges: Ints
    spans: Ints
    more: tuple[str, ...]
    convention: Convention
    afresh: bool = False
    warmup: int | None = None

    def sides(self) -> list[tuple[int, int]]:
        """Train and test of every window, in turn, as bars."""
        return [
            span
            for one in self.windows
            for span in ((one.train_start, one.train_end), (one.test_start, one.test_end))
        ]


def plan_of(
    windows: Sequence[Window],
    bars: int,
    blocks: Ints,
    spans: Ints,
    metrics: Sequence[str],
    convention: Convention,
    **more: Any,
) -> Plan:
    """The fewest segments that all windows and blocks are made of; metrics that sums lack."""
    sides = [(w.train_start, w.train_end) for w in windows]
    sides += [(w.test_start, w.test_end) for w in windows]
    edges = edges_of([*sides, blocks.tolist(), (0, bars)])
    lacking = tuple(name for name in metrics if name not in KNOWN)
    return Plan(windows, edges, spans, lacking, convention, **more)


@dataclass
class Scoring:
    """Scores trials on one course; threads may share it, each has arrays of its own."""

    course: Course
    engine: VectorizedEngine
    plan: Plan
    kind: Callable[..., StrategyBase]
    parts: dict[tuple[int, int], Course] = field(default_factory=dict)
    _own: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def score(self, first: int, sets: Sequence[Mapping[str, Any]]) -> Part:
        """Score some sets; whatever goes wrong with one is its own error."""
        plan, count, windows = self.plan, len(sets), len(self.plan.windows)
        part = Part(
            first,
            np.full((count, len(plan.edges) - 1, len(FIELDS)), np.nan),
            np.full((count, windows, 2, len(FIELDS)), np.nan),
            np.full((count, len(plan.spans) - 1), np.nan),
            np.full((count, windows, 2, len(plan.more)), np.nan),
            {},
        )
        errors = {}
        for place, params in enumerate(sets):
            try:
                self._one(self.kind(**params), part, place)
            except Exception as error:
                errors[first + place] = f"{type(error).__name__}: {error}"
        return Part(first, part.segments, part.windows, part.coarse, part.more, errors)

    def _one(self, strategy: StrategyBase, part: Part, place: int) -> None:
        flow = self.course.play(self.course.signal(strategy), self._room())
        add_up(flow, self.plan.edges, self.plan.convention.target, part.segments[place])
        add_bars(flow.net, self.plan.spans, part.coarse[place])
        whole = Segments(self.plan.edges, part.segments[place : place + 1])
        for number, (start, end) in enumerate(self.plan.sides()):
            window, side = divmod(number, 2)
            if self.plan.afresh:
                sums, net = self._afresh(strategy, start, end)
            else:
                sums, net = whole.window(start, end)[0], flow.net[start:end]
            part.windows[place, window, side] = sums
            part.more[place, window, side] = self._more(net)

    def _afresh(self, strategy: StrategyBase, start: int, end: int) -> tuple[Floats, Floats]:
        """The window run as if nothing but it and its warm-up were known."""
        begin = max(0, start - self.course.back(strategy, self.plan.warmup))
        course = self._part(begin, end)
        flow = course.play(course.signal(strategy), course.room())
        # A symbol may lack bars, so bars of the part are found by their time.
        low = int(course.clock.search_sorted(self.course.clock[start]))
        sums = np.empty((1, 1, len(FIELDS)))
        edges = np.array([low, len(course.clock)], dtype=np.int64)
        add_up(flow, edges, self.plan.convention.target, sums[0])
        return together(sums)[0], flow.net[low:]

    def _part(self, start: int, end: int) -> Course:
        with self._lock:
            found = self.parts.get((start, end))
            if found is None:
                found = self.parts[start, end] = self.course.part(start, end, self.engine)
        return found

    def _more(self, net: Floats) -> list[float]:
        if not self.plan.more:
            return []
        known = dict(measure_returns(net, convention=self.plan.convention).iter_rows())
        return [known[name] for name in self.plan.more]

    def _room(self) -> Flow:
        if not hasattr(self._own, "flow"):
            self._own.flow = self.course.room()
        room: Flow = self._own.flow
        return room


def score_all(
    scoring: Scoring,
    sets: pl.DataFrame,
    *,
    jobs: int | None,
    known: Mapping[int, Part],
    keep: Callable[[Part], None],
    progress: Progress,
) -> list[Part]:
    """All sets, some at once; parts that are ``known`` are not scored again, others are kept."""
    firsts = range(0, sets.height, AT_ONCE)
    done = sum(len(part.segments) for part in known.values())
    failed = sum(len(part.errors) for part in known.values())
    parts = dict(known)
    progress(done, sets.height, failed)
    for part in _played(scoring, sets, [first for first in firsts if first not in known], jobs):
        keep(part)
        parts[part.first] = part
        done, failed = done + len(part.segments), failed + len(part.errors)
        progress(done, sets.height, failed)
    return [parts[first] for first in firsts]


def _played(
    scoring: Scoring, sets: pl.DataFrame, firsts: Sequence[int], jobs: int | None
) -> Iterator[Part]:
    tasks = (
        joblib.delayed(scoring.score)(first, sets.slice(first, AT_ONCE).to_dicts())
        for first in firsts
    )
    pool = joblib.Parallel(
        n_jobs=jobs or joblib.cpu_count(), backend="threading", return_as="generator_unordered"
    )
    yield from pool(tasks)


__all__ = ["AT_ONCE", "Part", "Plan", "Progress", "Scoring", "plan_of", "score_all"]
