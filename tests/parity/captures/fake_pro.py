"""A platform that keeps whatever rules it is given: the model under known settings."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from parity.captures.model import POSSIBLE, default_of, played
from parity.peers.vectorbt_pro.captures import CAPTURES, FORMAT, digest_of, write

RULES = tuple(POSSIBLE)
DEFAULTS = {rule: default_of(rule) for rule in RULES}


def orders_under(name: str, **rules: Any) -> dict[str, list[Any]]:
    """What the platform fills in one story under the rules given."""
    kept = {**DEFAULTS, **rules}
    fills = fills_under(name, tuple(kept[rule] for rule in RULES))
    columns = {"bar": "bar", "quantity": "quantity", "price": "price", "fees": "commission"}
    return {ours: fills[theirs].tolist() for ours, theirs in columns.items()}


@functools.cache
def fills_under(name: str, setting: tuple[Any, ...]) -> Any:
    """The model's fills of one story under one reading of every rule."""
    return played(CAPTURES[name], RULES, [setting])


def record(folder: Path, names: Any = CAPTURES, *, version: str = "1", **rules: Any) -> Path:
    """Write a folder of captures, as the script does."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        put(folder, name, orders_under(name, **rules), version=version)
    return folder


def put(folder: Path, name: str, orders: dict[str, list[Any]], **head: Any) -> None:
    """Write one capture."""
    told = {
        "format": FORMAT, "name": name, **CAPTURES[name], "digest": digest_of(CAPTURES[name]),
        "package": "fakepro", "version": "1", "python": "3.11", "refusal": "", **head,
    }  # fmt: skip
    write(folder / name, told, orders)
