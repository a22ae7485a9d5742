"""Captures from disk, each checked against the story it claims to be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from engine.errors import InputError
from parity.peers.vectorbt_pro.captures import CAPTURES, FIELDS, FORMAT, digest_of

HEAD, ORDERS = "capture.json", "orders.parquet"


@dataclass(frozen=True, slots=True)
class Capture:
    """A story, the orders the platform filled, or the words with which it refused."""

    name: str
    story: dict[str, Any]
    orders: pl.DataFrame
    refusal: str
    package: str
    version: str


def read_captures(folder: Path) -> tuple[list[Capture], dict[str, str]]:
    """The captures in a folder, and of those that cannot be used what is wrong with them.

    Raises InputError where there is no capture at all, or where they come from several versions.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; run captures.py with it first")
    found = sorted(path.parent for path in folder.glob(f"*/{HEAD}"))
    if not found:
        raise InputError(f"{folder} holds no captures (folders with a {HEAD}); run captures.py")
    captures, broken = [], {}
    for path in found:
        try:
            captures.append(read_capture(path))
        except InputError as error:
            broken[path.name] = str(error)
    versions = sorted({f"{one.package} {one.version}" for one in captures})
    if len(versions) > 1:
        raise InputError(f"{folder}: captures of {' and '.join(versions)}; keep one version's")
    return captures, broken


def read_capture(folder: Path) -> Capture:
    """One capture; raises InputError naming the file and what is wrong."""
    head = read_head(folder / HEAD)
    name = head.get("name")
    if name != folder.name or name not in CAPTURES:
        raise InputError(f"{folder / HEAD}: there is no story {name!r} in this version")
    if head.get("format") != FORMAT:
        raise InputError(f"{folder / HEAD}: format {head.get('format')!r}; this reads {FORMAT}")
    story = CAPTURES[name]
    played = {part: head.get(part) for part in ("bars", "signals", "args")}
    if head.get("digest") != digest_of(story) or digest_of(played) != digest_of(story):
        raise InputError(f"{folder / HEAD}: it was played from another story; run captures.py anew")
    texts = [head.get(word) for word in ("refusal", "package", "version")]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(f"{folder / HEAD}: refusal, package and version are texts")
    refusal, package, version = map(str, texts)
    orders = read_orders(folder / ORDERS, len(story["bars"]))
    if refusal and orders.height:
        raise InputError(f"{folder}: it was refused and yet has orders")
    return Capture(name, story, orders, refusal, package, version)


def read_head(path: Path) -> dict[str, Any]:
    """A JSON object."""
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: it cannot be read: {error}") from error
    if not isinstance(head, dict):
        raise InputError(f"{path}: it holds no object")
    return head


def read_orders(path: Path, bars: int) -> pl.DataFrame:
    """Bar, quantity, price and fees, on the bars of the story."""
    try:
        orders = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: it cannot be read: {error}") from error
    if orders.columns != list(FIELDS) or not all(kind.is_numeric() for kind in orders.dtypes):
        raise InputError(f"{path}: its columns are {orders.columns}, not {list(FIELDS)} in numbers")
    if orders.select(pl.any_horizontal(pl.all().is_null().any())).item() is True:
        raise InputError(f"{path}: a cell is empty")
    if not orders["bar"].is_between(0, bars - 1).all():
        raise InputError(f"{path}: an order is on a bar the story does not have")
    return orders
