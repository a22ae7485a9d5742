"""A bundle is a scenario on disk: ``scenario.json``, ``bars.parquet`` and ``script.parquet``.

It is what users bring, what recorders are given, and what is digested. Format: docs/bundle.md.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import polars as pl

from engine.errors import InputError, ScenarioError
from engine.schema import BARS, SIGNAL_VALUES, SIGNALS, TAPE, conform
from engine.script import Account, Script
from engine.store.aside import folder_aside
from scenarios.scenario import Scenario

FORMAT = 1
FILES = ("scenario.json", "bars.parquet", "script.parquet")


def save_bundle(scenario: Scenario, directory: Path) -> Path:
    """Write the bundle aside, then rename, so that a killed run leaves no half bundle."""
    with folder_aside(directory) as aside:
        (aside / "scenario.json").write_text(dump_head(scenario), encoding="utf-8")
        scenario.bars.write_parquet(aside / "bars.parquet", statistics=False)
        scenario.script.frame.write_parquet(aside / "script.parquet", statistics=False)
    return directory


def dump_head(scenario: Scenario) -> str:
    """The JSON head of a bundle: sorted keys, non-finite numbers as the words nan, inf, -inf."""
    head = {
        "format": FORMAT,
        "name": scenario.name,
        "title": scenario.title,
        "topic": scenario.topic,
        "rule": scenario.rule,
        "symbols": list(scenario.symbols),
        "kind": scenario.script.kind,
        "defaults": dict(scenario.script.defaults),
        "account": asdict(scenario.account),
        "options": {name: dict(options) for name, options in scenario.options.items()},
        "features": list(scenario.features),
        "platforms": {name: list(idioms) for name, idioms in scenario.platforms.items()},
    }
    return json.dumps(_words(head), indent=1, sort_keys=True, allow_nan=False) + "\n"


def load_bundle(directory: Path) -> Scenario:
    """Read a bundle; every failure names the file and what to change."""
    if not directory.is_dir():
        raise ScenarioError(f"{directory} is not a bundle: no such directory")
    absent = [name for name in FILES if not (directory / name).is_file()]
    if absent:
        raise ScenarioError(f"{directory} is not a bundle: it lacks {', '.join(absent)}")
    head_file = directory / "scenario.json"
    try:
        head = json.loads(head_file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{head_file}: not JSON: {error}") from error
    if not isinstance(head, dict):
        raise ScenarioError(f"{head_file}: must hold one JSON object")
    # Only these hold numbers: a symbol or a topic called "nan" stays a text.
    head |= {key: _numbers(head[key]) for key in ("account", "defaults", "options") if key in head}
    return from_parts(
        head,
        bars=_read(directory / "bars.parquet"),
        script=_read(directory / "script.parquet"),
        source=str(directory),
    )


def from_parts(
    head: dict[str, Any], *, bars: pl.DataFrame, script: pl.DataFrame, source: str
) -> Scenario:
    """Assemble a scenario from a head and its two tables; the one place that knows the keys."""
    known = {
        "format", "name", "title", "topic", "rule", "symbols", "kind", "defaults", "account",
        "options", "features", "platforms",
    }  # fmt: skip
    unknown = sorted(set(head) - known)
    if unknown:
        raise ScenarioError(f"{source}: unknown keys {unknown}; the keys are {sorted(known)}")
    if head.get("format", FORMAT) != FORMAT:
        raise ScenarioError(f"{source}: format {head['format']!r}; this version reads {FORMAT}")
    kind = head.get("kind", "signals")
    if kind not in ("signals", "orders"):
        raise ScenarioError(f'{source}: kind {kind!r}; it is "signals" or "orders"')
    account = head.get("account", {})
    odd = sorted(set(account) - {item.name for item in fields(Account)})
    if odd:
        raise ScenarioError(f"{source}: account has unknown keys {odd}")
    bars = conform(_with_volume(bars), BARS, where=f"{source}: bars")
    symbols = tuple(head.get("symbols") or bars["symbol"].unique(maintain_order=True))
    return Scenario(
        name=head.get("name") or Path(source).name,
        title=head.get("title", ""),
        topic=head.get("topic", ""),
        rule=head.get("rule", ""),
        symbols=symbols,
        bars=bars,
        script=Script(kind, conform_script(kind, script, source), head.get("defaults", {})),
        account=Account(**{key: float(value) for key, value in account.items()}),
        options=head.get("options", {}),
        features=tuple(head.get("features", ())),
        platforms={name: tuple(idioms) for name, idioms in head.get("platforms", {}).items()},
        source=source,
    )


def conform_script(kind: str, frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """Give a script its columns: absent signal columns are all False, absent tape columns null."""
    where = f"{source}: script"
    schema = SIGNALS if kind == "signals" else TAPE
    needed = {"timestamp", "symbol"} if kind == "signals" else {"timestamp", "symbol", "quantity"}
    lacking = sorted(needed - set(frame.columns))
    if lacking:
        raise InputError(f"{where} lacks {lacking}; its columns are {list(schema)}")
    if kind == "signals":
        flags = [c for c in schema if c not in frame.columns]
        frame = frame.with_columns(pl.lit(value=False).alias(name) for name in flags)
        extra = [c for c in frame.columns if c not in schema]
        odd = [c for c in extra if c not in SIGNAL_VALUES and "." not in c]
        if odd:
            raise InputError(
                f"{where} has unknown {odd}; optional columns are {list(SIGNAL_VALUES)} "
                "and <platform>.<option>"
            )
        values = [c for c in extra if c in SIGNAL_VALUES]
        core = conform(frame.select(list(schema)), schema, where=where)
        core = core.with_columns(pl.col(list(schema)[2:]).fill_null(value=False))
        return core.hstack(
            [_number(frame[c], where) for c in values]
            + [frame[c] for c in extra if c not in SIGNAL_VALUES]
        )
    if "order_id" not in frame.columns:
        frame = frame.with_row_index("order_id")
    defaults = {"kind": "market", "unit": "units"}
    absent = [name for name in schema if name not in frame.columns]
    frame = frame.with_columns(
        pl.lit(defaults.get(name), dtype=schema[name]).alias(name) for name in absent
    )
    return conform(frame, schema, where=where)


def _number(column: pl.Series, where: str) -> pl.Series:
    if not (column.dtype.is_numeric() or column.dtype == pl.Null()):
        raise InputError(f"{where}: column {column.name!r} is {column.dtype}, not a number")
    return column.cast(pl.Float64())


def _with_volume(bars: pl.DataFrame) -> pl.DataFrame:
    if "volume" in bars.columns:
        return bars
    return bars.with_columns(pl.lit(0.0).alias("volume"))


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ScenarioError(f"{path}: not a readable Parquet file: {error}") from error


def _words(value: Any) -> Any:
    """JSON has no NaN and no infinity: write them as words."""
    if isinstance(value, dict):
        return {key: _words(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_words(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if value in ("nan", "inf", "-inf"):
        return float(value)
    return value
