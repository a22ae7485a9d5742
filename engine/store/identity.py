"""What a run was: the few facts that decide its numbers, as one id, as columns, as a file name."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from engine.errors import InputError
from engine.schema import TIME
from engine.store.digest import file_digest, json_digest
from engine.strategy import StrategyBase, parameters
from engine.vectorized import VectorizedEngine

PREFIX = "param_"
SHORT = 12


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Two runs with the same ``run_id`` have the same numbers.

    ``strategy_code`` is a digest of the file the strategy is written in, ``data_version`` one of
    the bars, ``cost_model`` names execution and costs (``cost_model_id``). Times are those of the
    first and the last bar. ``asset_class`` is a label for the file's name and does not enter the
    id, nor does ``code_version``, truefill's own.
    """

    strategy: str
    strategy_version: str
    strategy_code: str
    data_version: str
    frequency: str
    start: datetime
    end: datetime
    universe: tuple[str, ...]
    cost_model: str
    params: Mapping[str, Any]
    asset_class: str = "any"
    code_version: str = field(default_factory=lambda: code_version())

    @property
    def run_id(self) -> str:
        """SHA-256 over all that decides the numbers."""
        return json_digest(
            {
                "strategy": [self.strategy, self.strategy_version, self.strategy_code],
                "data": [self.data_version, self.frequency, sorted(self.universe)],
                "range": [self.start.isoformat(), self.end.isoformat()],
                "cost_model": self.cost_model,
                "params": _plain(self.params),
            }
        )

    @property
    def file_name(self) -> str:
        """``StrategyName_AssetClass_TimeFrame_Hash.parquet``."""
        parts = (self.strategy, self.asset_class, self.frequency, self.run_id[:SHORT])
        return "_".join(map(name_part, parts)) + ".parquet"

    def row(self) -> pl.DataFrame:
        """The identity as one row: params as JSON, and each as a column ``param_<name>``."""
        given = _plain(self.params)
        columns = {
            "run_id": self.run_id,
            "strategy": self.strategy,
            "strategy_version": self.strategy_version,
            "strategy_code": self.strategy_code,
            "asset_class": self.asset_class,
            "frequency": self.frequency,
            "universe": ",".join(self.universe),
            "data_version": self.data_version,
            "cost_model": self.cost_model,
            "params": json.dumps(given, sort_keys=True),
            "code_version": self.code_version,
            **{f"{PREFIX}{name}": _flat(value) for name, value in given.items()},
        }
        times = pl.DataFrame({"start": [self.start], "end": [self.end]}).cast(TIME)
        return pl.DataFrame({name: [value] for name, value in columns.items()}).hstack(times)


def name_part(text: str) -> str:
    """A text as one part of a file name: letters, digits, dots and hyphens."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text) or "-"


def cost_model_id(engine: VectorizedEngine) -> str:
    """Execution, costs, weights and conventions as a short name: ``next_open-1f3a9c2b``."""
    told = {
        "fee": _plain(engine.fee),
        "slippage": _plain(engine.slippage),
        "weights": _plain(engine.weights),
        "convention": [
            engine.convention.periods_per_year,
            engine.convention.risk_free,
            engine.convention.target,
            engine.convention.tail,
        ],
    }
    return f"{engine.execution}-{json_digest(told)[:8]}"


def strategy_code(strategy: StrategyBase) -> str:
    """A digest of the file a strategy is written in, for its loops stand there too.

    What that file imports is not in it; a change there is told by ``version``. Of a strategy typed
    in at a prompt, which has no file: of its compiled methods.
    """
    kind = type(strategy)
    try:
        source = inspect.getsourcefile(kind)
    except (OSError, TypeError):
        source = None
    if source is not None and Path(source).is_file():
        return file_digest(Path(source))
    return hashlib.sha256(_compiled(kind)).hexdigest()


def identify(
    strategy: StrategyBase, engine: VectorizedEngine, bars: pl.DataFrame, **data: Any
) -> RunIdentity:
    """The identity of a strategy's run on bars; ``data`` has data_version and frequency."""
    if bars.is_empty():
        raise InputError(f"{strategy.name}: there are no bars, so there is no run")
    return RunIdentity(
        strategy=strategy.name,
        strategy_version=strategy.version,
        strategy_code=strategy_code(strategy),
        start=bars["timestamp"].min(),  # type: ignore[arg-type]
        end=bars["timestamp"].max(),  # type: ignore[arg-type]
        universe=tuple(sorted(bars["symbol"].unique())),
        cost_model=cost_model_id(engine),
        params=parameters(strategy),
        **data,
    )


def code_version() -> str:
    """The version of truefill that computed a run."""
    return f"truefill {version('truefill')}"


def _compiled(kind: type) -> bytes:
    codes = [
        getattr(value, "__code__", None)
        for one in kind.__mro__
        if issubclass(one, StrategyBase) and one is not StrategyBase
        for _, value in sorted(vars(one).items())
    ]
    return b"".join(code.co_code + repr(code.co_consts).encode() for code in codes if code)


def _plain(value: Any) -> Any:
    """Values as JSON has them; what it has not is told by its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def _flat(value: Any) -> Any:
    """A cell of one column: what is no single value is written as JSON."""
    return json.dumps(value) if isinstance(value, dict | list) else value


__all__ = ["RunIdentity", "code_version", "cost_model_id", "identify", "name_part", "strategy_code"]
