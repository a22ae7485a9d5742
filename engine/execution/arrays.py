"""Arrays as the kernels take them, and threads to run kernels on."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")


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


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
