"""Where batches are scored: threads of this process, or the workers of a cluster.

Threads share the bars, read only. Nothing in a trial starts threads of its own: kernels are serial
and free of the GIL, and Polars has one pool for the whole process (POLARS_MAX_THREADS, read when it
is imported), however many threads ask it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import joblib

from engine.optimizer.batch import Answer, Batch, Kind, answer
from engine.optimizer.dataset import Dataset, Window, collect
from engine.optimizer.trial import QUICK, Scorer
from engine.vectorized import VectorizedEngine


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

    @property
    def size(self) -> int:
        """Sets in a batch."""
        ...

    def answers(self, job: Job, dataset: Dataset, some: Iterable[Batch]) -> Iterator[Answer]:
        """Score all batches of a job."""
        ...


class Threads:
    """Threads of this process; as many as there are cores if ``jobs`` is None.

    What scores a job is kept for its next batches, as long as the pool is.
    """

    def __init__(self, jobs: int | None = None, size: int = 32) -> None:
        self.jobs, self.size = jobs, size
        self._scorers: list[tuple[Job, Dataset, Scorer]] = []

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
        workers = self.jobs or joblib.cpu_count()
        if workers == 1:
            yield from (answer(scorer, job.kind, job.fixed, batch) for batch in some)
            return
        tasks = (joblib.delayed(answer)(scorer, job.kind, job.fixed, batch) for batch in some)
        # Batches are handed out as they are asked for, so that memory stays flat.
        pool = joblib.Parallel(
            n_jobs=workers,
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
