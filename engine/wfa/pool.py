"""Where trials are scored: threads of this process, or the workers of a cluster."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import joblib
import polars as pl

from engine.errors import ClusterError
from engine.optimizer.dataset import Dataset, collect, named
from engine.store.digest import frame_digest
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.scoring import Part, Plan, Progress, Scoring, Task
from engine.wfa.tape import Course

# Trials in one task and in one file of what was done.
AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Job:
    """What all tasks of a walk have in common, as a worker gets it; ``bars`` is their digest."""

    engine: VectorizedEngine
    plan: Plan
    kind: type[StrategyBase]
    fixed: Mapping[str, Any]
    bars: str

    def scorer(self, dataset: Dataset) -> Scoring:
        """What scores its tasks on bars that must be those the windows were laid on."""
        course = Course.of(collect(dataset), self.engine)
        if frame_digest(course.bars) != self.bars:
            raise ClusterError(
                f"a worker reads other bars than this machine ({course.bars.height:,} of them); a "
                "path must name the same files everywhere"
            )
        return Scoring(course, self.engine, self.plan, self.kind, self.fixed)

    def answer(self, scorer: Scoring, task: Task) -> Part:
        """Score one task."""
        return scorer.score(task)


@dataclass(frozen=True)
class Pool:
    """Scores tasks on ``jobs`` threads, or on the ``cluster`` of an address, whose workers read
    ``dataset`` themselves where it names files.
    """

    scoring: Scoring
    dataset: Dataset
    jobs: int | None = None
    cluster: str | None = None

    def parts(self, tasks: Iterable[Task]) -> Iterator[Part]:
        """What they come to, in any order."""
        if self.cluster is not None:
            # Loaded here: few walks leave the machine.
            from engine.optimizer.cluster import connect

            yield from connect(self.cluster, self.jobs).answers(self._job, self.dataset, tasks)
            return
        pool = joblib.Parallel(
            n_jobs=self.jobs or joblib.cpu_count(),
            backend="threading",
            return_as="generator_unordered",
        )
        yield from pool(joblib.delayed(self.scoring.score)(task) for task in tasks)

    @functools.cached_property
    def _job(self) -> Job:
        scoring = self.scoring
        bars = frame_digest(scoring.course.bars)
        return Job(scoring.engine, scoring.plan, scoring.kind, scoring.fixed, bars)


@dataclass(frozen=True)
class Memory:
    """What was scored before, by its first trial, and what keeps and hears of what is scored."""

    known: Mapping[int, Part] = field(default_factory=dict)
    keep: Callable[[Part], None] = lambda _part: None
    progress: Progress = lambda _done, _total, _failed: None


def read_for(dataset: Dataset, cluster: str | None, jobs: int | None) -> tuple[pl.DataFrame, Any]:
    """The bars, and the dataset as workers are to have it; a dead cluster is told before."""
    if cluster is None:
        bars = collect(dataset)
        return bars, bars
    # Loaded here: few walks leave the machine.
    from engine.optimizer.cluster import connect

    connect(cluster, jobs)
    dataset = named(dataset)
    return collect(dataset), dataset


def score_all(pool: Pool, sets: pl.DataFrame, memory: Memory) -> list[Part]:
    """All sets in all windows; parts that are known are not scored again."""
    firsts = range(0, sets.height, AT_ONCE)
    parts = dict(memory.known)
    done = sum(len(part.segments) for part in parts.values())
    failed = sum(len(part.errors) for part in parts.values())
    memory.progress(done, sets.height, failed)
    tasks = (
        Task(first, sets.slice(first, AT_ONCE).to_dicts()) for first in firsts if first not in parts
    )
    for part in pool.parts(tasks):
        memory.keep(part)
        parts[part.first] = part
        done, failed = done + len(part.segments), failed + len(part.errors)
        memory.progress(done, sets.height, failed)
    return [parts[first] for first in firsts]


__all__ = ["AT_ONCE", "Memory", "Pool", "read_for", "score_all"]
