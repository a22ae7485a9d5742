"""Batches on other machines, through joblib's own backends for Dask and Ray.

Addresses: ``dask://host:port`` (also ``tcp://`` and ``tls://``) is a Dask scheduler;
``ray://host:port`` is Ray's client port where that is 10001, else the port of a cluster this
machine belongs to; ``ray://auto`` is the cluster this machine belongs to; ``dask://local`` and
``ray://local`` start workers on this machine.

Files are read by each worker where they are; a table in memory is sent to each worker once. A
connection is kept until ``disconnect``, because Ray needs seconds to make one.
"""

from __future__ import annotations

import atexit
import importlib.util
import pickle
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import joblib

from engine.errors import ClusterError, OptionError
from engine.extras import load
from engine.optimizer.backends import PATIENCE, Backend, DaskBackend, RayBackend
from engine.optimizer.batch import Kind
from engine.optimizer.dataset import Dataset, can_be_read_elsewhere, collect, place_of
from engine.optimizer.remote import Work, answer_elsewhere
from engine.store.digest import frame_digest

# Sets a task: some tens of milliseconds of work, far more than a task costs (0.3 to 2 ms).
SIZE: Final = 64
# How often in a row workers may die before anything more is done.
AGAIN: Final = 3
KNOWN: dict[str, Cluster] = {}


@dataclass(slots=True)
class Cluster:
    """A pool on the workers of a cluster."""

    backend: Backend
    _sent: tuple[Dataset, str, Any] | None = field(default=None, repr=False)

    def size(self, job: Work, left: int) -> int:
        """So many that a task is worth sending."""
        return SIZE

    def answers(self, job: Work, dataset: Dataset, some: Iterable[Any]) -> Iterator[Any]:
        """Do all tasks of a job; each worker has the bars once.

        A worker that dies may take the only copy of the bars with it: they are sent again, and
        what has no answer yet is done again. Raises ClusterError if workers keep dying.
        """
        bring(job.kind)
        # The job is pickled here, by cloudpickle, which knows classes that workers cannot import.
        packed = _pickled(job)
        open_tasks, deaths = OpenTasks(some), 0
        while not open_tasks.all_done:
            try:
                name, given = self._given(dataset)
                calls = (
                    joblib.delayed(answer_elsewhere)(packed, name, given, number, task)
                    for number, task in open_tasks.handed_out()
                )
                for number, answer in self.backend.scored(calls):
                    deaths = 0
                    open_tasks.close(number)
                    yield answer
            except (*self.backend.lost, *self.backend.dead) as error:
                deaths += 1
                self._sent = None
                if isinstance(error, self.backend.dead) or deaths > AGAIN:
                    raise ClusterError(
                        f"the cluster lost its workers: {str(error).strip().splitlines()[0]}; is "
                        "there memory enough for the bars on each?"
                    ) from error

    def _given(self, dataset: Dataset) -> tuple[str, Any]:
        """A name for bars and what a worker gets of them; a table is sent once, however often it
        is asked for in a row.
        """
        if can_be_read_elsewhere(dataset):
            return place_of(dataset), dataset
        if self._sent is None or self._sent[0] is not dataset:
            bars = collect(dataset)
            self._sent = dataset, frame_digest(bars), self.backend.send(bars)
        return self._sent[1:]

    def close(self) -> None:
        """Let go of the connection."""
        self.backend.close()


class OpenTasks:
    """Tasks that have no answer yet, by number; they are handed out by any thread."""

    def __init__(self, some: Iterable[Any]) -> None:
        self._more = enumerate(some)
        self._open: dict[int, Any] = {}
        self._lock = threading.Lock()
        self._ended = False

    @property
    def all_done(self) -> bool:
        """Whether every task has its answer."""
        return self._ended and not self._open

    def handed_out(self) -> Iterator[tuple[int, Any]]:
        """Each open task once: those that were handed out in vain, then those that never were."""
        with self._lock:
            in_vain = tuple(self._open.items())
        yield from in_vain
        while (one := self._next()) is not None:
            yield one

    def close(self, number: int) -> None:
        """A task has its answer."""
        del self._open[number]

    def _next(self) -> tuple[int, Any] | None:
        with self._lock:
            one = next(self._more, None)
            if one is None:
                self._ended = True
            else:
                self._open[one[0]] = one[1]
            return one


def connect(address: str, workers: int | None = None) -> Cluster:
    """The pool of an address; the same one again while it is open.

    ``workers`` is how many are started for a local cluster. Raises OptionError for an address that
    is none, ClusterError if nobody answers there, ExtraMissing without dask or ray.
    """
    if address not in KNOWN:
        # Registered after what dask and ray register, so run before they pull the ground away.
        atexit.register(disconnect)
        KNOWN[address] = Cluster(_backend(address, workers))
    return KNOWN[address]


def disconnect() -> None:
    """Close all connections."""
    while KNOWN:
        _, pool = KNOWN.popitem()
        pool.close()


def bring(kind: Kind) -> None:
    """Send a strategy's own code along where a worker could not import it: a file of the user's."""
    module = sys.modules.get(kind.__module__)
    if module is None or kind.__module__ == "__main__":
        return
    try:
        known = importlib.util.find_spec(kind.__module__) is not None
    except (ValueError, ImportError):
        known = False
    if not known or kind.__module__.partition(".")[0] not in ("engine",):
        _cloudpickle().register_pickle_by_value(module)


def _pickled(job: Work) -> bytes:
    try:
        return bytes(_cloudpickle().dumps(job))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ClusterError(
            f"{job.kind.name} cannot be sent to a cluster: {error}; define it in a module"
        ) from error


def _cloudpickle() -> Any:
    return load("cloudpickle", extra="dask", purpose="A cluster")


def _backend(address: str, workers: int | None) -> Backend:
    parts = urlsplit(address)
    kinds: Mapping[str, Callable[[Any, int | None], Backend]] = {
        "dask": DaskBackend, "tcp": DaskBackend, "tls": DaskBackend, "ray": RayBackend,
    }  # fmt: skip
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in kinds or not parts.hostname:
        raise OptionError(
            f"--cluster {address!r} is no address; write dask://host:port or ray://host:port"
        )
    if parts.hostname not in ("local", "auto"):
        if port is None:
            raise OptionError(f"--cluster {address!r} has no port; write it as {address}:8786")
        _knock(address, parts.hostname, port)
    return kinds[parts.scheme](parts, workers)


def _knock(address: str, host: str, port: int) -> None:
    """Somebody listens there; else it is known now and not after a minute."""
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError as error:
        raise ClusterError(
            f"the cluster {address} does not answer: {error}; is its scheduler running?"
        ) from error


__all__ = ["connect", "disconnect"]
