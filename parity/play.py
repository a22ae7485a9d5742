"""Play a user's bundle under one execution model and keep what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.execution import caveat
from engine.result import Result
from engine.schema import TABLES
from engine.script import Option
from engine.simulate import simulate
from engine.store.aside import folder_aside
from engine.store.digest import file_digest
from parity.report.document import dump
from scenarios import Scenario, load_bundle
from scenarios.bundle import FILES

FORMAT = 1
HEAD = "run.json"


def play(
    bundle: Path,
    out: Path,
    *,
    model: str,
    options: Mapping[str, Option] | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Simulate a bundle and write its tables, metrics and ``run.json`` into ``out``.

    ``options`` are laid over the bundle's own options for this model. ``out`` appears whole or not
    at all. Only with ``force`` is an earlier run in ``out`` replaced; any other directory that
    holds files is refused. Returns what ``run.json`` says.
    """
    check_free(out, force=force)
    scenario = load_bundle(bundle)
    chosen = {**scenario.options.get(model, {}), **(options or {})}
    result = simulate(
        scenario.bars,
        scenario.script,
        model,
        account=scenario.account,
        symbols=scenario.symbols,
        options=chosen,
    )
    head = describe(scenario, result, model=model, options=chosen, bundle=bundle)
    with folder_aside(out) as aside:
        result.save(aside)
        (aside / HEAD).write_text(dump(head), encoding="utf-8")
    return head


def describe(
    scenario: Scenario,
    result: Result,
    *,
    model: str,
    options: Mapping[str, Option],
    bundle: Path,
) -> dict[str, Any]:
    """What was played, how, and how much came out: the content of ``run.json``."""
    tables = result.tables()
    return {
        "format": FORMAT,
        "truefill": version("truefill"),
        "scenario": scenario.name,
        "bundle": {name: file_digest(bundle / name) for name in FILES},
        "model": model,
        "caveat": caveat(model),
        "options": dict(sorted(options.items())),
        "account": asdict(scenario.account),
        "symbols": list(scenario.symbols),
        "rows": {name: tables[name].height for name in TABLES if name in tables},
        "absent": [name for name in TABLES if name not in tables],
        "metrics": dict(result.metrics.iter_rows()),
    }


def check_free(out: Path, *, force: bool) -> None:
    """A run is never mixed with, or written over, files that are not an earlier run's."""
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; name a directory")
    held = sorted(item.name for item in out.iterdir()) if out.is_dir() else []
    if not held:
        return
    strange = sorted(set(held) - {HEAD, "metrics.parquet", *(f"{name}.parquet" for name in TABLES)})
    if strange or HEAD not in held:
        named = ", ".join((strange or held)[:3])
        raise InputError(f"--out {out} holds other files ({named}); name a new directory")
    if not force:
        raise InputError(f"--out {out} holds an earlier run; --force replaces it")
