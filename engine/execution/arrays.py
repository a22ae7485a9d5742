"""Arrays as the kernels take them, and threads to run kernels on."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")

# What each thread has said of itself.
SAID = threading.local()


def frozen(array: Any, dtype: Any = np.float64) -> NDArray[Any]:
    """The array contiguous, aligned, of one type and read-only; not copied if it is all that.

    Numba compiles again for every other layout, and for writable arrays.
    """
    view = np.require(array, dtype=dtype, requirements=["C", "A"]).view()
    view.flags.writeable = False
    return view


def spans(count: int, parts: int) -> list[tuple[int, int]]:
    """Cut ``count`` things into at most ``parts`` runs of about the same length."""
    cuts = np.unique(np.linspace(0, count, max(1, min(parts, count)) + 1).astype(int)).tolist()
    return list(itertools.pairwise(cuts))


def threaded(work: Callable[..., Result], tasks: Iterable[tuple[Any, ...]]) -> list[Result]:
    """The result of every task, in order, worked on by as many threads as there are processors."""
    tasks = list(tasks)
    workers = min(len(tasks), processors())
    if workers < 2:
        return [work(*task) for task in tasks]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda task: work(*task), tasks))


@contextmanager
def in_this_thread() -> Iterator[None]:
    """Kernels called within run on the calling thread alone.

    For callers that are several threads or processes themselves: more threads than processors only
    take each other's caches.
    """
    before = getattr(SAID, "alone", False)
    SAID.alone = True
    try:
        yield
    finally:
        SAID.alone = before


def processors() -> int:
    """How many processors kernels called from this thread may use."""
    if getattr(SAID, "alone", False):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
