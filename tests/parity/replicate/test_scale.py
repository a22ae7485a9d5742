"""Long runs: killed and taken up again, on a cluster, from an object store."""

from __future__ import annotations

import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import polars as pl
import pytest
from distributed import LocalCluster
from moto.server import ThreadedMotoServer
from trees import BARS, copy_stored, entry_of, files_of, run, write_story

from engine.errors import OptionError
from parity.replicate import run as runs
from parity.replicate.report.files import write_report
from parity.replicate.store import Place, filesystem

COPIES = 6


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One stored batch six times."""
    root = copy_stored(tmp_path_factory.mktemp("scale") / "tree", "ETH_short/batch_001")
    for number in range(2, COPIES + 1):
        shutil.copytree(root / "ETH_short/batch_001", root / f"ETH_short/batch_{number:03d}")
    return root


@pytest.fixture(scope="module")
def whole(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run that nobody stops leaves."""
    out = tmp_path_factory.mktemp("whole") / "out"
    document = run(tree, out)
    assert document["exit_code"] == 0
    write_report(document, out)
    return files_of(out)


def start(tree: Path, out: Path) -> subprocess.Popen[bytes]:
    """The command itself, one batch at a time."""
    words = ["-m", "parity", "replicate", str(tree), "--out", str(out), "--jobs", "1", "--json"]
    return subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE)


def kill_after(process: subprocess.Popen[bytes], out: Path, done: int, wait: float) -> None:
    """Kill it some milliseconds after so many batches are done."""
    until = time.monotonic() + 60
    # glob.glob does not mind folders that are renamed while it looks; Path.rglob does.
    pattern = str(out / "*" / "*" / "batch.json")
    while len(glob.glob(pattern)) < done and time.monotonic() < until:  # noqa: PTH207
        time.sleep(0.001)
    time.sleep(wait)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_killed_at_any_moment_and_taken_up_again(
    tree: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out, moments = tmp_path / "out", random.Random(4)
    for done in (0, 2, 4):
        kill_after(start(tree, out), out, done, moments.uniform(0, 0.02))
    kept = {path.parent.name: path.stat().st_mtime_ns for path in out.rglob("batch.json")}
    assert 4 <= len(kept) < COPIES
    process = start(tree, out)
    document = json.loads(process.communicate()[0])
    assert process.returncode == 0
    assert [entry["batch"][-3:] for entry in document["batches"]] == [
        f"{number:03d}" for number in range(1, COPIES + 1)
    ]
    assert files_of(out) == whole
    # What was done before is not done again.
    for path in out.rglob("batch.json"):
        assert kept.get(path.parent.name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns


def test_a_batch_is_done_again_when_its_files_or_its_settings_change(tmp_path: Path) -> None:
    tree, out = write_story(tmp_path / "tree"), tmp_path / "out"
    path = out / "X_long" / "batch_001" / "batch.json"

    def stamp() -> int:
        run(tree, out)
        return path.stat().st_mtime_ns

    first = stamp()
    assert stamp() == first
    params = tree / "X_long/batch_001/params.csv"
    params.write_text("strategy,sl\na,0.11\n", encoding="utf-8")
    second = stamp()
    assert second != first
    settings = tree / "replicate.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\n[script]\nsize = 5\n")
    third = stamp()
    assert third != second
    bars = tree / "bars" / "X.parquet"
    pl.read_parquet(bars).with_columns(pl.col("high") + 1).write_parquet(bars)
    assert stamp() != third


def test_a_batch_that_failed_is_tried_again(tmp_path: Path) -> None:
    tree, out = write_story(tmp_path / "tree"), tmp_path / "out"
    params = tree / "X_long/batch_001/params.csv"
    good = params.read_text(encoding="utf-8")
    params.write_text("strategy,sl\n", encoding="utf-8")
    assert run(tree, out)["batches_by_status"] == {"failed": 1}
    params.write_text(good, encoding="utf-8")
    assert run(tree, out)["exit_code"] == 0


def test_two_workers_of_a_cluster_give_the_same_bytes(
    tree: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        out = tmp_path / "out"
        document = run(tree, out, cluster=cluster.scheduler_address)
    assert document["exit_code"] == 0
    write_report(document, out)
    assert files_of(out) == whole


def test_a_scheduler_that_does_not_answer(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PATIENCE", 1)
    with pytest.raises(OptionError, match="no scheduler answers there"):
        run(tree, tmp_path / "out", cluster="tcp://127.0.0.1:9")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 server of one's own, with an empty bucket."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "anyone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    filesystem.cache_clear()  # it knows the server of an earlier story
    boto3.client("s3").create_bucket(Bucket="results")
    yield "results"
    server.stop()


def test_a_tree_on_an_object_store(tmp_path: Path, bucket: str) -> None:
    local = copy_stored(tmp_path / "tree", "ETH_short/batch_001", "ETH_short/batch_002")
    settings = local / "replicate.toml"
    text = settings.read_text(encoding="utf-8").replace(str(BARS), "../bars")
    settings.write_text(text, encoding="utf-8")
    client = boto3.client("s3")
    for path in local.rglob("*"):
        if path.is_file():
            client.upload_file(str(path), bucket, f"mine/{path.relative_to(local.parent)}")
    client.upload_file(str(BARS / "ETHUSDT.parquet"), bucket, "mine/bars/ETHUSDT.parquet")
    told = run(f"s3://{bucket}/mine/tree", tmp_path / "out")
    assert told["exit_code"] == 0
    assert told["criteria"]["exact"] == 80
    entry = tmp_path / "out/ETH_short/batch_001/batch.json"
    done = entry.stat().st_mtime_ns
    client.put_object(Bucket=bucket, Key="mine/tree/ETH_short/batch_002/params.csv", Body=b"x\n")
    told = run(f"s3://{bucket}/mine/tree", tmp_path / "out")
    assert entry.stat().st_mtime_ns == done
    assert entry_of(told, "ETH_short/batch_002")["error"]["kind"] == "FileCorrupt"


def test_an_object_is_known_by_its_content(bucket: str) -> None:
    client, place = boto3.client("s3"), Place(f"s3://{bucket}/tree")

    def stamp_of(body: bytes) -> str:
        client.put_object(Bucket=bucket, Key="tree/params.csv", Body=body)
        return place.stamp("params.csv")

    first = stamp_of(b"sl=1\n")
    assert stamp_of(b"sl=2\n") != first
    # Written again it is the same object, however late.
    assert stamp_of(b"sl=1\n") == first
