"""Every trial scored: sums of each window, of each block, and a coarse series of its returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from engine.execution.records import Floats, Ints
from engine.metrics import Convention, measure_returns
from engine.optimizer.shared import TROUBLE
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.kernels import Flow, add_bars, add_up
from engine.wfa.segments import FIELDS, KNOWN, Segments, edges_of, together
from engine.wfa.tape import Course
from engine.wfa.windows import Window

SIDES: Final = ("train", "test")
Progress = Callable[[int, int, int], None]
"""Hears how many trials are done, of how many, and how many of them failed."""


@dataclass(frozen=True, slots=True)
class Task:
    """Some sets to score, numbered from ``first`` on; in one window only, or in all of them."""

    first: int
    sets: Sequence[Mapping[str, Any]]
    window: int | None = None


@dataclass(frozen=True)
class Part:
    """What the trials of a task came to, NaN where one failed; errors by trial.

    ``segments`` (trials, segments, fields) of the whole run, ``windows`` (trials, windows, sides,
    fields), ``coarse`` (trials, spans) sums of returns, ``more`` (trials, windows, sides, metrics)
    what sums cannot tell. ``windows`` and ``more`` have those windows that were asked for.
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

    def asked(self, window: int | None) -> Sequence[Window]:
        """One window, or all of them."""
        return self.windows if window is None else self.windows[window : window + 1]

    def sides(self, window: int | None = None) -> list[tuple[int, int]]:
        """Train and test of every window that is asked for, in turn, as bars."""
        return [
            span
            for one in self.asked(window)
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
    kind: type[StrategyBase]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    parts: dict[tuple[int, int], Course] = field(default_factory=dict)
    _own: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def made(self, params: Mapping[str, Any]) -> StrategyBase:
        """The strategy with a set of parameters."""
        return self.kind(**self.fixed, **params)

    def score(self, task: Task) -> Part:
        """Score some sets; whatever goes wrong with one is its own error."""
        plan, count, windows = self.plan, len(task.sets), len(self.plan.asked(task.window))
        part = Part(
            task.first,
            np.full((count, len(plan.edges) - 1, len(FIELDS)), np.nan),
            np.full((count, windows, 2, len(FIELDS)), np.nan),
            np.full((count, len(plan.spans) - 1), np.nan),
            np.full((count, windows, 2, len(plan.more)), np.nan),
            {},
        )
        errors = {}
        for place, params in enumerate(task.sets):
            try:
                self._one(self.made(params), part, place, task.window)
            except TROUBLE as error:
                errors[task.first + place] = f"{type(error).__name__}: {error}"
        return replace(part, errors=errors)

    def _one(self, strategy: StrategyBase, part: Part, place: int, only: int | None) -> None:
        flow = self.course.play(self.course.signal(strategy), self._room())
        add_up(flow, self.plan.edges, self.plan.convention.target, part.segments[place])
        add_bars(flow.net, self.plan.spans, part.coarse[place])
        whole = Segments(self.plan.edges, part.segments[place : place + 1])
        for number, (start, end) in enumerate(self.plan.sides(only)):
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


__all__ = ["Part", "Plan", "Progress", "Scoring", "Task", "plan_of"]
