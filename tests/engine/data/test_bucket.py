"""A dataset in a bucket: the same bars, the same version, and only the bytes that are needed."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from bucket import BUCKET, CountingBucket, serve
from datasets import bars, dataset, write
from moto import mock_aws

from engine.data_loader import DataSpec, ParquetLoader, data_version
from engine.dataset import open_dataset
from engine.errors import BarsError, DataMissing, InputError, SchemaDrift

JANUARY = (date(2023, 1, 1), date(2023, 2, 1))
LOADER = ParquetLoader()


@pytest.fixture
def bucket(monkeypatch):
    counting = CountingBucket()
    with mock_aws(config={"core": {"passthrough": {"urls": ["127.0.0.1"]}}}):
        server = serve(counting)
        yield counting
        server.shutdown()


def spec(bucket, address, *more, **told):
    return DataSpec(address, *more, storage_options=bucket.options, **told)


@pytest.fixture
def source(tmp_path):
    return dataset(tmp_path / "data")


def test_the_bars_are_those_on_disk(bucket, source):
    write(source, "BTC%2FUSDT", bars(), year=2023, month=1)
    write(source, "000001", bars(day=5), year=2023, month=1, day=5)
    address = bucket.put(source, "own/minutes/")
    for symbols in (None, ("BTC",), ("BTC/USDT", "000001")):
        own = LOADER.load(DataSpec(source, JANUARY, symbols)).collect()
        assert LOADER.load(spec(bucket, address, JANUARY, symbols)).collect().equals(own)


def test_the_environment_can_say_how_it_is_reached(bucket, source, monkeypatch):
    address = bucket.put(source)
    for name, value in bucket.options.items():
        monkeypatch.setenv(name.upper(), value)
    found = LOADER.load_dataset(address, JANUARY, ("BTC",)).collect()
    assert found["close"].to_list() == [100.0, 101.0, 102.0]


def test_only_the_files_of_the_span_are_asked_for(bucket, source):
    address = bucket.put(source)
    LOADER.load(spec(bucket, address, JANUARY, ("BTC",))).collect()
    assert bucket.keys() == {"symbol=BTC/year=2023/month=01/bars.parquet"}


def test_only_the_columns_and_rows_asked_for_are_read(bucket, tmp_path):
    """Prices that do not compress: 5 columns of 240,000 bars in 8 groups of rows."""
    rows = 240_000
    noise = np.random.default_rng(1).uniform(1, 2, (5, rows))
    names = ("open", "high", "low", "close", "volume")
    frame = bars(count=rows).with_columns(
        pl.Series(n, x) for n, x in zip(names, noise, strict=True)
    )
    file = write(tmp_path, "BTC", frame.head(1), year=2023, month=1)
    frame.write_parquet(file, row_group_size=rows // 8)
    address, key = bucket.put(tmp_path), "symbol=BTC/year=2023/month=01/bars.parquet"
    day = (date(2023, 1, 1), date(2023, 1, 2))
    LOADER.load(spec(bucket, address, day, ("BTC",), ("close",), partial=True)).collect()
    few = bucket.sent[key]
    bucket.forget()
    LOADER.load(spec(bucket, address, None, ("BTC",))).collect()
    assert few < 0.15 * bucket.sent[key]


def test_the_version_is_that_of_the_same_bytes_on_disk(bucket, source, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    address = bucket.put(source)
    version = data_version(spec(bucket, address, JANUARY))
    assert version == data_version(DataSpec(source, JANUARY))
    bucket.forget()
    assert version == data_version(spec(bucket, address, JANUARY))
    assert bucket.keys() == set(), "what is known is not read again"


def test_what_is_not_there(bucket, source):
    address = bucket.put(source)
    with pytest.raises(DataMissing, match=r"symbol=SOL; the symbols are \['BTC', 'ETH'\]"):
        LOADER.load(spec(bucket, address, JANUARY, ("SOL",)))
    with pytest.raises(DataMissing, match="month=03"):
        LOADER.load(spec(bucket, address, (date(2023, 1, 1), date(2023, 4, 1))))
    with pytest.raises(DataMissing, match="s3://nowhere"):
        LOADER.load(spec(bucket, "s3://nowhere/bars", JANUARY))
    with pytest.raises(DataMissing, match=f"s3://{BUCKET}/empty has no folder symbol="):
        LOADER.load(spec(bucket, f"s3://{BUCKET}/empty", JANUARY))


def test_what_is_wrong_with_an_object_is_named(bucket, source):
    write(source, "BTC", bars(count=1), year=2023, month=1, name="more")
    write(source, "ETH", bars().drop("high"), year=2023, month=1)
    (source / "symbol=ETH/year=2023/month=02/bars.parquet").write_bytes(b"half a download")
    address = bucket.put(source)
    january = rf"s3://{BUCKET}/symbol=ETH/year=2023/month=01/bars.parquet: column 'high' is missing"
    with pytest.raises(SchemaDrift, match=january):
        LOADER.load(spec(bucket, address, JANUARY, ("ETH",)))
    with pytest.raises(SchemaDrift, match=r"month=02/bars.parquet is no Parquet file"):
        LOADER.load(spec(bucket, address, None, ("ETH",), ("close",)))
    with pytest.raises(BarsError, match=r"s3://\S+/month=01/\w+.parquet: BTC at .* twice"):
        LOADER.verify(spec(bucket, address, JANUARY, ("BTC",)))


def test_no_server_answers():
    options = {"aws_endpoint_url": "http://127.0.0.1:9", "aws_allow_http": "true"}
    options |= {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    with pytest.raises(DataMissing, match=r"s3://bars.* cannot be listed"):
        LOADER.load(DataSpec("s3://bars", JANUARY, storage_options=options))


def test_another_scheme():
    with pytest.raises(InputError, match="from a folder or from s3://"):
        LOADER.load_dataset("gs://bars", JANUARY)


def test_commands_read_a_bucket_as_they_read_a_folder(bucket, source, monkeypatch):
    address = bucket.put(source)
    for name, value in bucket.options.items():
        monkeypatch.setenv(name.upper(), value)
    one, other = (
        open_dataset(place, symbols=("BTC",), end="2023-02-01") for place in (source, address)
    )
    assert one.bars.equals(other.bars)
    assert one.version == other.version
    with pytest.raises(DataMissing, match=r"s3://bars has no bars from 2023-01-01 05:00"):
        open_dataset(address, start="2023-01-01T05:00", end="2023-01-01T06:00")


def test_objects_are_read_as_files_are(bucket, tmp_path, monkeypatch):
    """Named by their symbol one by one; by a pattern each must say its own."""
    for name in ("BTC", "ETH"):
        bars(count=3).write_parquet(tmp_path / f"{name}.parquet")
    address = bucket.put(tmp_path, "files/")
    told = {"storage_options": bucket.options}
    one = open_dataset(f"{address}/BTC.parquet", start="2023-01-01T00:01", **told)
    own = open_dataset(tmp_path / "BTC.parquet", start="2023-01-01T00:01")
    assert one.bars.equals(own.bars)
    assert one.version
    with pytest.raises(SchemaDrift, match="column 'symbol' is missing"):
        open_dataset(f"{address}/*.parquet", **told)
    with pytest.raises(DataMissing, match="cannot be read as Parquet"):
        open_dataset(f"{address}/SOL.parquet", **told)
    with pytest.raises(DataMissing, match="has no bars of ETH"):
        open_dataset(f"{address}/BTC.parquet", symbols=("ETH",), **told)
