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
import logging
import pickle
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import joblib
import polars as pl

from engine.errors import ClusterError, OptionError
from engine.extras import load
from engine.optimizer.batch import Kind
from engine.optimizer.dataset import Dataset, can_be_read_elsewhere, collect, place_of
from engine.optimizer.pool import environment
from engine.optimizer.remote import Sent, Work, answer_elsewhere
from engine.store.digest import frame_digest

PATIENCE: Final = 5.0
# Sets a task: some tens of milliseconds of work, far more than a task costs (0.3 to 2 ms).
SIZE: Final = 64
RAY_CLIENT: Final = 10001
# How often a pool of Ray is opened anew for tasks whose workers died.
AGAIN: Final = 3
KNOWN: dict[str, Cluster] = {}


class Backend(Protocol):
    """What differs between Dask and Ray; ``lost`` are its errors for tasks that nobody finished."""

    lost: tuple[type[Exception], ...]

    def send(self, bars: pl.DataFrame) -> Any:
        """Put a table where every worker finds it; what stands for it in a task."""
        ...

    def scored(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """The results of tasks, in any order."""
        ...

    def close(self) -> None:
        """Let go of the connection, and of workers that were started here."""
        ...


@dataclass(slots=True)
class Cluster:
    """A pool on the workers of a cluster."""

    backend: Backend
    _sent: tuple[Dataset, str, Any] | None = field(default=None, repr=False)

    def size(self, job: Work, left: int) -> int:
        """So many that a task is worth sending."""
        return SIZE

    def answers(self, job: Work, dataset: Dataset, some: Iterable[Any]) -> Iterator[Any]:
        """Do all tasks of a job; each worker has the bars once."""
        bring(job.kind)
        name, given = self._given(dataset)
        # The job is pickled here, by cloudpickle, which knows classes that workers cannot import.
        packed = _pickled(job)
        tasks = (joblib.delayed(answer_elsewhere)(packed, name, given, task) for task in some)
        try:
            yield from self.backend.scored(tasks)
        except self.backend.lost as error:
            raise ClusterError(
                f"the cluster lost its workers: {str(error).strip().splitlines()[0]}; is there "
                "memory enough for the bars on each?"
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
        "dask": _Dask, "tcp": _Dask, "tls": _Dask, "ray": _Ray,
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


class _Dask:
    def __init__(self, parts: Any, workers: int | None) -> None:
        distributed = load("distributed", extra="dask", purpose="A Dask cluster")
        gone = distributed.client.FutureCancelledError
        closed = distributed.comm.CommClosedError
        self.lost: tuple[type[Exception], ...] = (distributed.KilledWorker, gone, closed)
        self._own: Any = None
        if parts.hostname == "local":
            self._own = distributed.LocalCluster(
                n_workers=workers or joblib.cpu_count(),
                threads_per_worker=1,
                dashboard_address=":0",
                # Workers of our own that end with us have nothing to complain of.
                silence_logs=logging.CRITICAL,
                env={**environment(), "DASK_LOGGING__DISTRIBUTED": "critical"},
            )
        scheme = "tls" if parts.scheme == "tls" else "tcp"
        place = self._own or f"{scheme}://{parts.hostname}:{parts.port}"
        options = {"timeout": PATIENCE, "set_as_default": False}
        self._client = _within(parts, lambda: distributed.Client(place, **options))
        if not self._client.scheduler_info()["workers"]:
            _within(parts, lambda: self._client.wait_for_workers(1, timeout=PATIENCE))
        self._client.register_worker_callbacks(setup=_quiet(environment()))

    def send(self, bars: pl.DataFrame) -> Any:
        # Here and not by joblib, which would send it again with every call.
        return self._client.scatter(bars, broadcast=True)

    def scored(self, tasks: Iterable[Any]) -> Iterator[Any]:
        with joblib.parallel_config("dask", client=self._client):
            pool = joblib.Parallel(batch_size=1, return_as="generator_unordered")
            yield from pool(tasks)

    def close(self) -> None:
        self._client.close()
        if self._own is not None:
            self._own.close()


class _Ray:
    def __init__(self, parts: Any, workers: int | None) -> None:
        ray = self._ray = load("ray", extra="ray", purpose="A Ray cluster")
        load("ray.util.joblib", extra="ray", purpose="A Ray cluster").register_ray()
        self.lost: tuple[type[Exception], ...] = (ray.exceptions.RayActorError,)
        self._mine = not ray.is_initialized()
        options = _ray_options(parts, workers)
        if self._mine and parts.hostname == "local":
            # In this thread: what Ray starts dies with the thread that started it.
            ray.init(**options)
        elif self._mine:
            _within(parts, lambda: ray.init(**options), 4)
        self._workers = int(ray.cluster_resources().get("CPU", 1))
        self._open()

    def _open(self) -> None:
        self._pool = joblib.Parallel(n_jobs=self._workers, backend="ray", batch_size=1)
        self._pool.__enter__()

    def send(self, bars: pl.DataFrame) -> Sent:
        return Sent(self._ray.put(bars))

    def scored(self, tasks: Iterable[Any]) -> Iterator[Any]:
        # Its pool returns lists only: some tasks at a time, so that progress shows.
        waiting = iter(tasks)
        while wave := list(islice(waiting, 4 * self._workers)):
            yield from self._wave(wave)

    def _wave(self, wave: list[Any]) -> list[Any]:
        """Its pool does not replace a worker that died: another pool does the wave again."""
        for _ in range(AGAIN):
            try:
                return list(self._pool(wave))
            except self.lost:
                self._pool.__exit__(None, None, None)
                self._open()
        return list(self._pool(wave))

    def close(self) -> None:
        self._pool.__exit__(None, None, None)
        if self._mine:
            self._ray.shutdown()


def _within(parts: Any, call: Callable[[], Any], patience: float = 2) -> Any:
    """What a call returns; a scheduler that listens and says nothing would block it for minutes."""
    told: Future[Any] = Future()
    seconds = patience * PATIENCE

    def run() -> None:
        try:
            told.set_result(call())
        except BaseException as error:
            told.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return told.result(timeout=seconds)
    except Exception as error:
        words = str(error).splitlines()[0] if str(error) else f"no answer in {seconds:.0f} s"
        raise ClusterError(
            f"the cluster {parts.geturl()} cannot be used: {words}; is its scheduler running, and "
            "has it a worker?"
        ) from error


def _ray_options(parts: Any, workers: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "runtime_env": {"env_vars": environment()},
        "logging_level": "ERROR",
        "log_to_driver": False,
    }
    if parts.hostname == "local":
        count = workers or joblib.cpu_count()
        return {**told, "num_cpus": count, "include_dashboard": False}
    if parts.hostname == "auto":
        return {**told, "address": "auto"}
    place = f"{parts.hostname}:{parts.port}"
    return {**told, "address": f"ray://{place}" if parts.port == RAY_CLIENT else place}


def _quiet(told: dict[str, str]) -> Callable[[], None]:
    """Set a worker's environment before it loads anything of ours.

    Defined here, so that it is sent by value: by name it would load the engine, and Polars with it.
    """

    def set_threads() -> None:
        import os

        os.environ.update(told)

    return set_threads


__all__ = ["connect", "disconnect"]
