"""Other machines on this one: two workers of Dask, an object store, a strategy that dies."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.optimizer.cluster import disconnect
from engine.strategies import find_strategy

MORTAL = """
import os, signal
from pathlib import Path

import polars as pl
from engine.strategy import StrategyBase


class Mortal(StrategyBase):
    name = "mortal"

    def __init__(self, days=1, mark=""):
        if days == 70 and not Path(mark).exists():
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        self.days = days

    def signal(self):
        return (pl.col("close") > pl.col("close").shift(self.days)).cast(pl.Int8)
"""


def mortal(folder):
    """A strategy that takes its worker with it, once: 70 days, while the file ``mark`` is not."""
    (folder / "mortal.py").write_text(MORTAL)
    return find_strategy(str(folder / "mortal.py"))


@contextmanager
def two_workers():
    """Two workers of Dask in processes of their own."""
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    )
    with cluster:
        yield cluster
        disconnect()


def address_of(cluster):
    return cluster.scheduler_address.replace("tcp://", "dask://")


@contextmanager
def object_store():
    """An object store on this machine; how it is reached, as polars names it."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "aws_endpoint_url": f"http://{host}:{port}",
        "aws_access_key_id": "somebody",
        "aws_secret_access_key": "secret",
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }
    server.stop()


def put(store, frame, key, folder):
    """A table as an object of the bucket ``bars``."""
    boto3 = pytest.importorskip("boto3")
    client = boto3.client(
        "s3",
        endpoint_url=store["aws_endpoint_url"],
        aws_access_key_id=store["aws_access_key_id"],
        aws_secret_access_key=store["aws_secret_access_key"],
        region_name=store["aws_region"],
    )
    client.create_bucket(Bucket="bars")
    file = Path(folder) / "upload.parquet"
    frame.write_parquet(file)
    client.upload_file(str(file), "bars", key)
