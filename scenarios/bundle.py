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

from engine.errors import ScenarioError
from engine.schema import BARS, conform
from engine.script import Account, Script, conform_script
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
        script=Script(
            kind, conform_script(kind, script, where=f"{source}: script"), head.get("defaults", {})
        ),
        account=Account(**{key: float(value) for key, value in account.items()}),
        options=head.get("options", {}),
        features=tuple(head.get("features", ())),
        platforms={name: tuple(idioms) for name, idioms in head.get("platforms", {}).items()},
        source=source,
    )


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
