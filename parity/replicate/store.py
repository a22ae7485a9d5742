"""Where a tree lies: a folder, or a prefix of an object store (``s3://bucket/prefix``).

Parquet is read by polars, which knows object stores itself; listing and small texts go through
Arrow. Credentials and the endpoint come from the usual AWS variables.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from engine.errors import FileCorrupt, FileMissing, InputError
from engine.store.file_digests import digests_of


@dataclass(frozen=True, slots=True)
class Place:
    """The root of a tree, or any folder or file of it, as people write it."""

    root: str

    @property
    def remote(self) -> bool:
        """Whether it lies in an object store."""
        return "://" in self.root

    def at(self, name: str) -> str:
        """The address of something inside, which polars can read; ``..`` leads out again."""
        if not self.remote:
            return os.path.normpath(Path(self.root) / name)
        if "://" in name:
            return name
        parts = urlsplit(self.root)
        return f"{parts.scheme}://{os.path.normpath(f'{parts.netloc}{parts.path}/{name}')}"

    def files(self, name: str = "") -> dict[str, int]:
        """Every file below a folder by its relative name, and its size."""
        if self.remote:
            return self._objects(name)
        top = Path(self.at(name))
        if not top.is_dir():
            raise FileMissing(f"{top}: no such folder")
        return {
            path.relative_to(top).as_posix(): path.stat().st_size
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }

    def bytes_of(self, name: str) -> bytes:
        """A small file, whole."""
        address = self.at(name)
        try:
            if not self.remote:
                return Path(address).read_bytes()
            with filesystem(urlsplit(address).scheme).open_input_stream(key_of(address)) as stream:
                return bytes(stream.read())
        except FileNotFoundError as error:
            raise FileMissing(f"{address}: no such file") from error
        except OSError as error:
            raise FileCorrupt(f"{address}: cannot be read: {error}") from error

    def stamp(self, name: str) -> str:
        """What changes when the file does: its digest, or an object store's tag of its content.

        A store that gives none is asked for the object's size and time of change. Nothing is there
        for a file that is missing.
        """
        address = self.at(name)
        if not self.remote:
            return digests_of([Path(address)])[Path(address)]
        store, key = filesystem(urlsplit(address).scheme), key_of(address)
        try:
            with store.open_input_stream(key) as stream:
                tag = (stream.metadata() or {}).get("ETag", b"").decode()
        except OSError:
            tag = ""
        info = store.get_file_info(key)
        return f"{info.size} bytes, {tag}" if tag else f"{info.size} bytes of {info.mtime_ns}"

    def _objects(self, name: str) -> dict[str, int]:
        top = key_of(self.at(name))
        chosen = pafs.FileSelector(top, allow_not_found=False, recursive=True)
        try:
            found = filesystem(urlsplit(self.root).scheme).get_file_info(chosen)
        except (FileNotFoundError, OSError) as error:
            raise FileMissing(f"{self.root}: cannot be listed: {error}") from error
        files = [info for info in found if info.type == pafs.FileType.File]
        return {info.path.removeprefix(f"{top}/"): info.size for info in files}


@lru_cache
def filesystem(scheme: str) -> Any:
    """Arrow's view of an object store."""
    if scheme != "s3":
        raise InputError(f"{scheme}:// is not supported; a tree is a folder or s3://bucket/prefix")
    options: Mapping[str, str] = {
        name: value
        for name, variable in (
            ("endpoint_override", "AWS_ENDPOINT_URL"),
            ("region", "AWS_REGION"),
        )
        if (value := os.environ.get(variable))
    }
    try:
        return pafs.S3FileSystem(**options)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"s3: {error}") from error


def key_of(address: str) -> str:
    """Bucket and key, as Arrow wants them."""
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}".rstrip("/")
