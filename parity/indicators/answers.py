"""Stored bars, and what TA-Lib said of them: written by its recorder, read back here."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.errors import PeerFailed, ReferenceStale, ReferenceTampered
from engine.store.digest import file_digest
from parity.environments import PROJECT, environment_of, peer_environ
from parity.indicators.anchors import ANCHORS, TALIB

HOME: Final = PROJECT / "reference_data" / "indicators"
BARS: Final = "bars.parquet"
STORIES: Final = "stories.json"


def read_bars(home: Path = HOME) -> pl.DataFrame:
    """Every case's bars, one case after the other; NaN is missing."""
    return pl.read_parquet(home / BARS)


def read_stories(home: Path = HOME) -> dict[str, str]:
    """What each case is about, in the order of its bars."""
    told: dict[str, str] = json.loads((home / STORIES).read_text(encoding="utf-8"))
    return told


def read_answers(home: Path = HOME) -> pl.DataFrame:
    """What TA-Lib said: one column per output, in the order of the bars.

    Raises ReferenceTampered if it cannot be read or is not what was recorded, ReferenceStale if
    the bars or the questions changed since.
    """
    path = home / f"{TALIB.id}.parquet"
    try:
        head = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        said, digests = pl.read_parquet(path), [head[name] for name in ("answers", "bars")]
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
        raise ReferenceTampered(f"{path} cannot be read ({error}); record it again") from error
    if digests[0] != file_digest(path):
        raise ReferenceTampered(f"{path} is not the file that was recorded; record it again")
    asked = {column.partition("#")[0] for column in said.columns}
    if digests[1] != file_digest(home / BARS) or not asked >= {one.question for one in ANCHORS}:
        raise ReferenceStale(
            f"{path} answers other questions; run: truefill parity indicators --record"
        )
    return said


def record_answers(home: Path = HOME, say: Callable[[str], None] = lambda _text: None) -> None:
    """Ask TA-Lib again, in its own environment, and store what it says.

    Raises PeerMissing if the environment cannot be built, PeerFailed if the recorder fails.
    """
    environment = environment_of(TALIB, say=say)
    with tempfile.TemporaryDirectory() as folder:
        request, out = Path(folder) / "request.json", Path(folder) / f"{TALIB.id}.parquet"
        request.write_text(json.dumps([one.request for one in ANCHORS]), encoding="utf-8")
        command: list[Any] = [environment.python, TALIB.recorder, home / BARS, request, out]
        done = subprocess.run(
            list(map(str, command)),
            capture_output=True,
            text=True,
            env=peer_environ(),
            check=False,
        )
        if done.returncode or not out.exists():
            raise PeerFailed(f"talib {TALIB.version} failed: {done.stderr[-600:]}")
        for made in (out, out.with_suffix(".json")):
            aside = home / f".{made.name}.partial"
            aside.write_bytes(made.read_bytes())
            aside.replace(home / made.name)
    say(f"talib {TALIB.version} was asked again")
