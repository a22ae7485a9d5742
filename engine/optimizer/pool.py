"""Where batches are scored: threads of this process, or the workers of a cluster.

Threads share the bars, read only. Nothing in a trial starts threads of its own: kernels are serial
and free of the GIL, and Polars has one pool for the whole process (POLARS_MAX_THREADS, read when it
is imported), however many threads ask it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import joblib

from engine.optimizer.batch import Answer, Batch, Kind, answer
from engine.optimizer.dataset import Dataset, Window, collect
from engine.optimizer.signals import MOST_SETS
from engine.optimizer.trial import QUICK, Scorer
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

# Sets in a batch: at least, and at most where each is scored by itself.
FEWEST: Final = 16
SLOW: Final = 32


@dataclass(frozen=True, slots=True)
class Job:
    """What all batches of a search have in common, but for the bars."""

    kind: Kind
    engine: VectorizedEngine
    windows: tuple[Window, ...] = ()
    metrics: tuple[str, ...] = QUICK
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def scorer(self, dataset: Dataset) -> Scorer:
        """What scores its batches on some bars."""
        return Scorer(collect(dataset), self.engine, self.windows, self.metrics)

    def answer(self, scorer: Scorer, batch: Batch) -> Answer:
        """Score one batch."""
        return answer(scorer, self.kind, self.fixed, batch)


class Pool(Protocol):
    """Something that scores batches; answers come in any order."""

    def size(self, job: Job, left: int) -> int:
        """Sets in the next batch, of so many that are left."""
        ...

    def answers(self, job: Job, dataset: Dataset, some: Iterable[Batch]) -> Iterator[Answer]:
        """Score all batches of a job."""
        ...


class Threads:
    """Threads of this process; as many as there are cores if ``jobs`` is None.

    What scores a job is kept for its next batches, as long as the pool is.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.workers = jobs or joblib.cpu_count()
        self._scorers: list[tuple[Job, Dataset, Scorer]] = []

    def size(self, job: Job, left: int) -> int:
        """Many where a set is quickly scored; few at the end, so that threads end together."""
        compiled = job.kind.batch_kernel is not StrategyBase.batch_kernel
        share = left if self.workers == 1 else left // (2 * self.workers)
        return max(FEWEST, min(MOST_SETS if compiled else SLOW, share))

    def scorer(self, job: Job, dataset: Dataset) -> Scorer:
        """What scores a job on bars that are collected once."""
        for known, bars, scorer in self._scorers:
            if known == job and bars is dataset:
                return scorer
        made = job.scorer(dataset)
        self._scorers = [*self._scorers[-3:], (job, dataset, made)]
        return made

    def answers(self, job: Job, dataset: Dataset, some: Iterable[Batch]) -> Iterator[Answer]:
        """Score all batches."""
        scorer = self.scorer(job, dataset)
        if self.workers == 1:
            yield from (answer(scorer, job.kind, job.fixed, batch) for batch in some)
            return
        tasks = (joblib.delayed(answer)(scorer, job.kind, job.fixed, batch) for batch in some)
        # Batches are handed out as they are asked for, so that memory stays flat.
        pool = joblib.Parallel(
            n_jobs=self.workers,
            backend="threading",
            batch_size=1,
            pre_dispatch="2*n_jobs",
            return_as="generator_unordered",
        )
        yield from pool(tasks)


def environment() -> dict[str, str]:
    """What a worker process is told, so that no library in it starts more threads than its own."""
    libraries: Sequence[str] = ("POLARS_MAX", "NUMBA_NUM", "OMP_NUM", "OPENBLAS_NUM", "MKL_NUM")
    return {f"{name}_THREADS": "1" for name in libraries}


__all__ = ["Job", "Pool", "Threads", "environment"]
