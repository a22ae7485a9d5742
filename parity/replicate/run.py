"""A whole tree: batch by batch, on several threads or a cluster, taken up where it was left."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import joblib

from engine.errors import OptionError, PeerMissing, TruefillError
from engine.execution.kernel import source_digest
from engine.store.digest import json_digest
from parity.environments import alone_in
from parity.replicate.batch import do_alone, do_batch
from parity.replicate.job import Entry, Job
from parity.replicate.layout import Tree, open_tree
from parity.replicate.prices import bars_path
from parity.replicate.summary import summary_of

OUT: Final = Path("out") / "replicate"
PACKAGE: Final = Path(__file__).parent
# Seconds to wait for a scheduler.
PATIENCE: Final = 10
Step = Callable[[Entry, int, int], None]


@dataclass(frozen=True, slots=True)
class How:
    """How a tree is worked through: threads here, or the workers of a Dask scheduler."""

    jobs: int = 0
    cluster: str | None = None
    whole: bool = False
    shown: int = 20
    explain: int = 3

    @property
    def threads(self) -> int:
        """As many as there are processors, unless a number is given."""
        return self.jobs or len(os.sched_getaffinity(0))


def replicate_tree(
    root: str,
    out: Path | None = None,
    *,
    model: str | None = None,
    how: How | None = None,
    step: Step = lambda _entry, _done, _total: None,
    say: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Replicate every batch of a tree into ``out``: a document with sums and an exit code.

    Batches that are done, by the digests of their files, the bars, the settings and the sources of
    the model, are not done again. Raises FileMissing or TreeError for a tree that cannot be opened;
    a batch that cannot be used is told in the document.
    """
    how = how or How()
    tree = open_tree(root, model)
    target = (out or OUT / tree.place.root.rpartition("/")[2]).resolve()
    with alone_in(target / ".run", say):
        jobs = jobs_of(tree, target, how)
        entries: list[Entry] = []
        several = how.cluster is not None or min(how.threads, len(jobs)) > 1
        work = do_alone if several else do_batch
        with backend(how) as parallel:
            for entry in parallel(joblib.delayed(work)(job) for job in jobs):
                entries.append(entry)
                step(entry, len(entries), len(jobs))
        # As they are read from disk, so that a run that was taken up again tells the same bytes.
        told = [json.loads(json.dumps(entry, sort_keys=True)) for entry in entries]
        told.sort(key=lambda entry: str(entry["batch"]))
        return summary_of(tree, told, target)


def jobs_of(tree: Tree, out: Path, how: How) -> list[Job]:
    """One job per batch, each with the digest of what is common to all of its asset."""
    common = {
        "settings": tree.settings.digest,
        "model": source_digest(),
        "sources": source_digest(PACKAGE),
    }
    bars = {batch.asset: bars_stamp(tree, batch.asset) for batch in tree.batches}
    return [
        Job(
            tree.place,
            tree.settings,
            batch,
            out,
            json_digest({**common, "bars": bars[batch.asset]}),
            how.whole,
            how.shown,
            how.explain,
        )
        for batch in tree.batches
    ]


def bars_stamp(tree: Tree, asset: str) -> dict[str, str]:
    """What changes when an asset's bars do; bars that cannot be read are told with the batch."""
    path = bars_path(tree.settings, asset)
    try:
        if path.endswith(".parquet"):
            return {path: tree.place.stamp(path)}
        return {name: tree.place.stamp(f"{path}/{name}") for name in tree.place.files(path)}
    except (TruefillError, OSError):
        return {}


@contextmanager
def backend(how: How) -> Iterator[joblib.Parallel]:
    """joblib's threads, or its Dask backend on a scheduler's address."""
    if how.cluster is None:
        yield joblib.Parallel(
            how.threads, backend="threading", return_as="generator_unordered", batch_size=1
        )
        return
    with (
        client_of(how.cluster) as client,
        joblib.parallel_config(backend="dask", client=client, pure=False),
    ):
        yield joblib.Parallel(-1, return_as="generator_unordered", batch_size=1)


@contextmanager
def client_of(address: str) -> Iterator[Any]:
    """A client of the scheduler; one that does not answer is an error."""
    try:
        # Dask is an extra: most users have no cluster.
        from distributed import Client
    except ImportError as error:
        raise PeerMissing(
            "--cluster needs dask; install it with: pip install 'truefill[dask]'"
        ) from error
    try:
        client: Any = Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise OptionError(f"--cluster {address}: no scheduler answers there: {error}") from error
    try:
        yield client
    finally:
        client.close()
