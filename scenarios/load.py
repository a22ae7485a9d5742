"""Scenario files: one TOML file per story, read strictly. Format: docs/scenarios.md."""

from __future__ import annotations

import re
from dataclasses import fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import polars as pl

from engine.errors import ScenarioError
from engine.schema import SIGNAL_VALUES
from engine.script import Account, Option, Script, conform_script
from scenarios.bundle import load_bundle
from scenarios.features import features_of
from scenarios.rows import Places, signal_rows, tape_rows
from scenarios.scenario import Scenario
from scenarios.series import read_bars
from scenarios.toml import only, read_toml, take, typed

HERE = Path(__file__).parent
ROOT = HERE.parent
LIBRARY = HERE / "library"
FOUND = HERE / "found"
KEYS = {"title", "rule", "features", "platforms", "account", "options", "bars", "script"}
NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def load_library(select: str | None = None) -> list[Scenario]:
    """All scenarios by topic and name, or those whose ``topic/name`` contains the text.

    A text with ``*`` or ``?`` is a pattern for the whole ``topic/name``, or for the name alone.
    """
    sources = library_files(LIBRARY) | found_bundles(FOUND)
    chosen = [key for key in sources if select is None or _matches(key, select)]
    if not chosen:
        raise ScenarioError(f"no scenario matches {select!r}; there are {len(sources)} in all")
    return [_open(sources[key]) for key in chosen]


def library_files(folder: Path) -> dict[str, Path]:
    """The files of a library by ``topic/name``; one name in two topics is an error."""
    files = sorted(folder.glob("*/*.toml"))
    by_name: dict[str, Path] = {}
    for file in files:
        if file.stem in by_name:
            raise ScenarioError(f"{file}: the name {file.stem!r} is taken by {by_name[file.stem]}")
        by_name[file.stem] = file
    return {f"{file.parent.name}/{file.stem}": file for file in files}


def found_bundles(folder: Path) -> dict[str, Path]:
    """Bundles of divergences that were found once, by ``found/name``."""
    heads = sorted(folder.glob("*/scenario.json"))
    return {f"found/{head.parent.name}": head.parent for head in heads}


def _matches(key: str, select: str) -> bool:
    if "*" in select or "?" in select:
        return fnmatchcase(key, select) or fnmatchcase(key.split("/")[1], select)
    return select in key


def _open(source: Path) -> Scenario:
    return load_bundle(source) if source.is_dir() else load_scenario(source, ROOT)


def load_scenario(path: Path, root: Path) -> Scenario:
    """The scenario of one file: its name is the file's, its topic the folder's.

    ``root`` is the folder that holds ``reference_data``. Every failure is a typed error that names
    the file and the key.
    """
    where = str(path)
    table = read_toml(path)
    only(table, KEYS, where)
    if NAME.fullmatch(path.stem) is None:
        raise ScenarioError(f"{where}: a name has small letters, digits and underscores only")
    bars = read_bars(take(table, "bars", dict, where), root, f"{where}: bars")
    scenario = Scenario(
        name=path.stem,
        title=_sentence(table, "title", where),
        topic=path.parent.name,
        rule=_sentence(table, "rule", where),
        symbols=tuple(bars["symbol"].unique(maintain_order=True)),
        bars=bars,
        script=_script(take(table, "script", dict, where), bars, path),
        account=_account(take(table, "account", dict, where, {}), f"{where}: account"),
        options=_options(take(table, "options", dict, where, {}), bars, f"{where}: options"),
        platforms=_platforms(take(table, "platforms", dict, where), f"{where}: platforms"),
        source=where,
    )
    declared = take(table, "features", list, where, [])
    return features_of(scenario, declared, stored="stored" in table["bars"])


def _sentence(table: dict[str, Any], key: str, where: str) -> str:
    text = str(take(table, key, str, where)).strip()
    if not text:
        raise ScenarioError(f"{where}: {key} is empty; say it in one sentence")
    return text


def _script(table: dict[str, Any], bars: pl.DataFrame, path: Path) -> Script:
    """A table ``[script]``: rows of signals with defaults for their values, or rows of orders."""
    where = f"{path}: script"
    if ("signals" in table) == ("orders" in table):
        raise ScenarioError(f"{where}: give either signals or orders")
    places = Places(bars)
    if "orders" in table:
        only(table, {"orders"}, where)
        rows = take(table, "orders", (list, str), where)
        if isinstance(rows, str):
            return Script("orders", _sidecar(path, rows, "orders", places))
        return Script("orders", tape_rows(rows, places, f"{where}.orders"))
    only(table, {"signals", *SIGNAL_VALUES}, where)
    rows = take(table, "signals", (list, str), where)
    if isinstance(rows, str):
        frame = _sidecar(path, rows, "signals", places)
    else:
        frame = signal_rows(rows, places, f"{where}.signals")
    return Script("signals", frame, _defaults(table, where))


def _sidecar(path: Path, name: str, kind: str, places: Places) -> pl.DataFrame:
    """A script stored as Parquet next to its scenario, cut to the times and symbols of the bars."""
    file = path.parent / name
    if file.parent != path.parent or not file.is_file():
        raise ScenarioError(f"{path}: script.{kind} is {name!r}; no such file beside it")
    try:
        frame = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ScenarioError(f"{file}: not a readable Parquet file: {error}") from error
    inside = pl.col("timestamp").is_between(places.clock[0], places.clock[-1])
    return conform_script(kind, frame, where=f"{file}: script").filter(
        inside, pl.col("symbol").is_in(places.symbols)
    )


def _defaults(table: dict[str, Any], where: str) -> dict[str, float | str]:
    """What a signal takes where its row says nothing."""
    defaults: dict[str, float | str] = {}
    for name in (key for key in table if key != "signals"):
        value = table[name]
        if name == "price" and value in ("open", "close"):
            defaults[name] = value
        else:
            defaults[name] = float(typed(value, (int, float), f"{where}: {name}"))
    return defaults


def _account(table: dict[str, Any], where: str) -> Account:
    only(table, {item.name for item in fields(Account)}, where)
    return Account(**{key: float(take(table, key, (int, float), where)) for key in table})


def _options(table: dict[str, Any], bars: pl.DataFrame, where: str) -> dict[str, dict[str, Option]]:
    """Per platform its own options; a list has one value per symbol."""
    width = bars["symbol"].n_unique()
    for platform, options in table.items():
        for name, value in typed(options, dict, f"{where}.{platform}").items():
            here = f"{where}.{platform}.{name}"
            typed(value, (bool, int, float, str, list), here)
            if isinstance(value, list):
                _check_list(value, name, width, here)
    return table


def _check_list(values: list[Any], name: str, width: int, where: str) -> None:
    """One value per symbol (cash: per account), all numbers, all texts or all booleans."""
    if name != "init_cash" and len(values) != width:
        raise ScenarioError(f"{where} has {len(values)} values for {width} symbols")
    kinds = {float if type(value) is int else type(value) for value in values}
    if len(kinds) != 1 or not kinds <= {bool, float, str}:
        raise ScenarioError(f"{where} is {values!r}; it must be all numbers, texts or booleans")


def _platforms(table: dict[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    """Which platforms are asked, and in which of their idioms."""
    return {
        name: tuple(
            typed(idiom, str, f"{where}.{name}") for idiom in typed(idioms, list, f"{where}.{name}")
        )
        for name, idioms in table.items()
    }
