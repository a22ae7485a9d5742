"""How tasks are done by the workers of Dask and of Ray, through joblib's backends for them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import Any, Final, Protocol

import joblib
import polars as pl

from engine.errors import ClusterError
from engine.extras import load
from engine.optimizer.pool import environment
from engine.optimizer.remote import Sent

PATIENCE: Final = 5.0
RAY_CLIENT: Final = 10001


class Backend(Protocol):
    """What differs between Dask and Ray.

    ``lost`` are its errors where a worker died with what it had, and others may do it again,
    ``dead`` those where nobody is left to, or a task kills whoever does it.
    """

    lost: tuple[type[Exception], ...]
    dead: tuple[type[Exception], ...]

    def send(self, bars: pl.DataFrame) -> Any:
        """Put a table where every worker finds it; what stands for it in a task."""
        ...

    def scored(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """The results of tasks, in any order."""
        ...

    def close(self) -> None:
        """Let go of the connection, and of workers that were started here."""
        ...


class DaskBackend:
    """The workers of a Dask scheduler."""

    def __init__(self, parts: Any, workers: int | None) -> None:
        distributed = load("distributed", extra="dask", purpose="A Dask cluster")
        gone = distributed.client.FutureCancelledError
        closed = distributed.comm.CommClosedError
        self.lost: tuple[type[Exception], ...] = (gone,)
        self.dead: tuple[type[Exception], ...] = (distributed.KilledWorker, closed)
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
        """A copy of a table on every worker."""
        # Here and not by joblib, which would send it again with every call.
        return self._asked(lambda: self._client.scatter(bars, broadcast=True))

    def scored(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """The results of tasks, in any order."""
        if sum(self._asked(self._client.ncores).values()) < 2:
            # Of one worker, or while others are started again, joblib would do the work itself.
            for call, given, more in tasks:
                yield self._client.submit(call, *given, **more, pure=False).result()
            return
        with joblib.parallel_config("dask", client=self._client):
            pool = joblib.Parallel(batch_size=1, return_as="generator_unordered")
            yield from pool(tasks)

    def _asked(self, call: Callable[[], Any]) -> Any:
        """What the scheduler answers."""
        try:
            return call()
        except OSError as error:
            raise ClusterError(
                f"the cluster does not answer any more: {error}; is its scheduler running?"
            ) from error

    def close(self) -> None:
        """Let go of the connection, and of workers that were started here."""
        self._client.close()
        if self._own is not None:
            self._own.close()


class RayBackend:
    """The workers of a Ray cluster."""

    def __init__(self, parts: Any, workers: int | None) -> None:
        ray = self._ray = load("ray", extra="ray", purpose="A Ray cluster")
        load("ray.util.joblib", extra="ray", purpose="A Ray cluster").register_ray()
        self.lost: tuple[type[Exception], ...] = (ray.exceptions.RayActorError,)
        self.dead: tuple[type[Exception], ...] = ()
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
        if self._workers > 1:
            self._pool = joblib.Parallel(n_jobs=self._workers, backend="ray", batch_size=1)
            self._pool.__enter__()

    def _shut(self) -> None:
        if self._workers > 1:
            self._pool.__exit__(None, None, None)

    def send(self, bars: pl.DataFrame) -> Sent:
        """A table in the cluster's object store."""
        return Sent(self._ray.put(bars))

    def scored(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """The results of tasks, in any order."""
        if self._workers < 2:
            # Of one worker, joblib would do the work itself.
            yield from (self._ray.get(self._sent(task)) for task in tasks)
            return
        # Its pool returns lists only: some tasks at a time, so that progress shows.
        waiting = iter(tasks)
        try:
            while wave := list(islice(waiting, 4 * self._workers)):
                yield from self._pool(wave)
        except self.lost:
            # Its pool does not replace a worker that died: another pool does what is left.
            self._shut()
            self._open()
            raise

    def _sent(self, task: Any) -> Any:
        call, given, more = task
        return self._ray.remote(call).remote(*given, **more)

    def close(self) -> None:
        """Let go of the connection, and of workers that were started here."""
        self._shut()
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


__all__ = ["PATIENCE", "Backend", "DaskBackend", "RayBackend"]
