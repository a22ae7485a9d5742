"""What a walk-forward leaves on disk, and how a killed one goes on where it stopped."""

from __future__ import annotations

import inspect
import io
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import InputError
from engine.store.aside import file_aside, write_bytes_aside, write_text_aside
from engine.store.digest import json_digest
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.scoring import Part, Plan

SUMMARY: Final = "summary.json"
PARTS: Final = "parts-"
TABLES: Final = ("windows", "scores", "trials", "equity", "trades")
WRITTEN: Final = (
    SUMMARY,
    *(f"{name}.parquet" for name in TABLES),
    "report.html",
    "equity.svg",
)
ARRAYS: Final = ("segments", "windows", "coarse", "more")


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of one walk-forward: parts while it runs, tables when it is done.

    ``digest`` identifies bars, strategy, sets, windows and engine; parts of another are not read.
    """

    folder: Path
    digest: str

    def begin(self, told: Mapping[str, Any], *, force: bool) -> None:
        """Mark the folder as not finished, to be gone on with.

        Raises InputError for a folder of other files, or of a walk-forward that is finished or is
        another one, unless ``force`` replaces that.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder} is a file; name a folder for the results")
        names = {path.name for path in self.folder.iterdir()} if self.folder.exists() else set()
        strange = sorted(one for one in names if one not in WRITTEN and not one.startswith(PARTS))
        if strange:
            raise InputError(f"{self.folder} holds other files ({strange[0]}); name a new folder")
        if names and not force and not self._mine():
            raise InputError(
                f"{self.folder} holds an earlier walk-forward; name another folder, or replace it "
                "(--force, force=True)"
            )
        for name in names:
            if name != f"{PARTS}{self.digest[:12]}":
                path = self.folder / name
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.write_summary({**told, "complete": False})

    def _mine(self) -> bool:
        """Whether the folder has this very walk-forward, not yet finished."""
        try:
            told = json.loads((self.folder / SUMMARY).read_text(encoding="utf-8"))
            return told["digest"] == self.digest and told["complete"] is False
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def known(self) -> dict[int, Part]:
        """Parts of an earlier run of the same, by their first trial; a broken one is not known."""
        found = {}
        for path in sorted(self._parts.glob("*.npz")):
            try:
                with np.load(path) as read:
                    errors = json.loads(str(read["errors"]))
                    arrays = {name: read[name] for name in ARRAYS}
            except (OSError, ValueError, KeyError):
                continue
            first = int(path.stem)
            found[first] = Part(first, errors={int(k): v for k, v in errors.items()}, **arrays)
        return found

    def keep(self, part: Part) -> None:
        """Write a part, whole or not at all."""
        into = io.BytesIO()
        arrays = {name: getattr(part, name) for name in ARRAYS}
        np.savez(into, errors=np.array(json.dumps(dict(part.errors))), **arrays)
        write_bytes_aside(self._parts / f"{part.first:08d}.npz", into.getvalue())

    def write_table(self, name: str, frame: pl.DataFrame) -> None:
        """Write a table of the result."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with file_aside(self.folder / f"{name}.parquet") as aside:
            frame.write_parquet(aside)

    def write_summary(self, told: Mapping[str, Any]) -> None:
        """Write the figures; ``complete`` says whether the tables beside are whole."""
        text = json.dumps({"digest": self.digest, **_plain(told)}, indent=1, allow_nan=False)
        write_text_aside(self.folder / SUMMARY, text + "\n")

    def finish(self) -> None:
        """Parts are no longer needed."""
        shutil.rmtree(self._parts, ignore_errors=True)

    @property
    def _parts(self) -> Path:
        return self.folder / f"{PARTS}{self.digest[:12]}"


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become the words nan, inf and -inf."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def identity_of(
    bars: str, kind: type[StrategyBase], sets: Sequence[str], plan: Plan, engine: VectorizedEngine
) -> str:
    """What decides every number of a part; ``sets`` says which they are."""
    return json_digest(
        {
            "bars": bars,
            "strategy": [kind.__module__, kind.__qualname__, kind.version, _source(kind)],
            "sets": list(sets),
            "windows": [asdict(window) for window in plan.windows],
            "edges": plan.edges.tolist(),
            "spans": plan.spans.tolist(),
            "more": plan.more,
            "afresh": [plan.afresh, plan.warmup],
            "convention": asdict(plan.convention),
            "engine": repr(engine),
        }
    )


def _source(kind: type[StrategyBase]) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return ""
