"""The root of a dataset, on disk or in a bucket: its folders, its files and their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from pyarrow import fs

from engine.errors import DataMissing, InputError
from engine.store.file_digests import digests_of, known_digests

PARQUET: Final = ".parquet"
SCHEME: Final = "s3://"
# As polars names them, beside what pyarrow calls them; the environment has them in capitals.
OPTIONS: Final = {
    "aws_access_key_id": "access_key",
    "aws_secret_access_key": "secret_key",
    "aws_session_token": "session_token",
    "aws_region": "region",
    "aws_endpoint_url": "endpoint_override",
}


class Root(Protocol):
    """Where a dataset lies. Folders are named relative to it, files by where they are read."""

    def folders(self, at: str) -> list[str]:
        """Names of the folders in a folder, sorted; none if it is not there."""

    def files(self, at: str) -> list[str]:
        """Every Parquet file in a folder, sorted."""

    def digests(self, files: Sequence[str]) -> dict[str, str]:
        """The digest of each file's bytes by its name relative to the root; kept for re-use."""


def root_of(source: Path | str, options: Mapping[str, str] | None = None) -> Root:
    """The root a source names. Raises DataMissing where nothing is, InputError for a scheme."""
    text = str(source)
    if text.startswith(SCHEME):
        return Bucket(text, dict(options or {}))
    if "://" in text:
        raise InputError(f"{text}: data is read from a folder or from {SCHEME}bucket/path")
    root = Path(source)
    if not root.is_dir():
        raise DataMissing(f"{text} is no folder; name the folder that holds symbol=...")
    return Disk(root)


class Disk:
    """A folder on disk; only what is asked for is listed."""

    def __init__(self, root: Path) -> None:
        self.root, self._name = root, str(root)

    def folders(self, at: str) -> list[str]:
        """Names of the folders in a folder."""
        try:
            with os.scandir(self._place(at)) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def files(self, at: str) -> list[str]:
        """Every Parquet file in a folder."""
        with os.scandir(self._place(at)) as entries:
            return sorted(entry.path for entry in entries if entry.name.endswith(PARQUET))

    def _place(self, at: str) -> str:
        # To make a path takes as long as to list a folder.
        return f"{self._name}{os.sep}{at}" if at else self._name

    def digests(self, files: Sequence[str]) -> dict[str, str]:
        """Digests of files."""
        found = digests_of([Path(file) for file in files])
        return {file.relative_to(self.root).as_posix(): one for file, one in found.items()}


class Bucket:
    """A prefix of an S3 bucket; the keys below a symbol are listed once, by one request."""

    def __init__(self, address: str, options: dict[str, str]) -> None:
        self.address = address.rstrip("/")
        self.prefix = self.address.removeprefix(SCHEME)
        self.options = options
        self._listed: dict[str, dict[str, fs.FileInfo]] = {}

    def folders(self, at: str) -> list[str]:
        """Names of the folders in a folder."""
        if not at:
            infos = self._list(self.prefix, recursive=False)
            return sorted(info.base_name for info in infos if info.type == fs.FileType.Directory)
        inside = f"{at}/"
        return sorted(
            {
                key[len(inside) :].split("/")[0]
                for key in self._below(at)
                if key.startswith(inside) and "/" in key[len(inside) :]
            }
        )

    def files(self, at: str) -> list[str]:
        """Every Parquet object in a folder."""
        return sorted(
            f"{self.address}/{key}"
            for key in self._below(at)
            if key.rpartition("/")[0] == at and key.endswith(PARQUET)
        )

    def digests(self, files: Sequence[str]) -> dict[str, str]:
        """Digests of objects, read again only where size or time of change are new."""
        marks = {file: self._mark(self._key(file)) for file in files}
        where = f"{self.options.get('aws_endpoint_url', '')} "
        found = known_digests({where + file: mark for file, mark in marks.items()}, self._digest)
        return {self._key(file): found[where + file] for file in files}

    @cached_property
    def _system(self) -> Any:
        given = {name.lower(): value for name, value in os.environ.items()}
        known = {**given, **self.options}
        told = {theirs: known[ours] for ours, theirs in OPTIONS.items() if known.get(ours)}
        return fs.S3FileSystem(**told, connect_timeout=10, request_timeout=60)

    def _below(self, at: str) -> dict[str, fs.FileInfo]:
        symbol = at.split("/")[0]
        if symbol not in self._listed:
            infos = self._list(f"{self.prefix}/{symbol}", recursive=True)
            files = [info for info in infos if info.type == fs.FileType.File]
            self._listed[symbol] = {info.path[len(self.prefix) + 1 :]: info for info in files}
        return self._listed[symbol]

    def _list(self, prefix: str, *, recursive: bool) -> list[fs.FileInfo]:
        selector = fs.FileSelector(prefix, recursive=recursive, allow_not_found=True)
        try:
            found: list[fs.FileInfo] = self._system.get_file_info(selector)
        except OSError as error:
            raise DataMissing(f"{SCHEME}{prefix} cannot be listed: {error}") from error
        return found

    def _key(self, file: str) -> str:
        return file[len(self.address) + 1 :]

    def _mark(self, key: str) -> list[int]:
        info = self._below(key)[key]
        return [info.size, info.mtime_ns, 0]

    def _digest(self, name: str) -> str:
        path = name.partition(" ")[2].removeprefix(SCHEME)
        digest = hashlib.sha256()
        with self._system.open_input_stream(path) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()
