"""The report of a tree on disk: report.json, the page, and the picture where it can be drawn."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Final

from engine.errors import FileMissing, StoreError
from engine.store.aside import write_text_aside
from parity.diagnose import picture as waterfall
from parity.replicate.report import markdown, picture
from parity.report.document import dump

REPORT: Final = "report.json"
PAGE: Final = "replicate.md"
PICTURE: Final = "replicate.png"


def write_report(document: dict[str, Any], out: Path) -> None:
    """Write the report; without matplotlib there is no picture.

    Raises StoreError, with nothing half-written left, where the disk is full.
    """
    try:
        _write(document, out)
    except OSError as error:
        for half in out.glob(".*.partial*"):
            half.unlink()
        raise StoreError(f"{out}: the report could not be written: {error}") from error


def _write(document: dict[str, Any], out: Path) -> None:
    drawn = importlib.util.find_spec("matplotlib") is not None
    # Where it lies is no part of what came out.
    write_text_aside(out / REPORT, dump({k: v for k, v in document.items() if k != "out"}))
    if drawn:
        aside = out / f".{PICTURE}.partial.png"
        picture.draw(document, aside)
        aside.replace(out / PICTURE)
    for name, cause in markdown.told_causes(document):
        if cause.get("steps"):
            place = out / markdown.PICTURES / markdown.file_of(name, cause)
            write_text_aside(place, waterfall.draw(cause))
    write_text_aside(out / PAGE, markdown.render(document, PICTURE if drawn else ""))


def read_report(out: Path) -> dict[str, Any]:
    """The document of an earlier run."""
    try:
        document: dict[str, Any] = json.loads((out / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileMissing(
            f"{out / REPORT} cannot be read; make it with: truefill replicate run TREE --out {out}"
        ) from error
    return {**document, "out": str(out)}
