"""A library's side of kept exposures: read stored cases, ask it, write equity bar by bar.

It runs inside the library's own environment and needs the standard library only.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Case = dict[str, Any]


def main(name: str, package: str, equity_of: Callable[[Case], list[float]]) -> None:
    """``CASES ANSWERS``: every case that asks this library; or ``--about``."""
    about = {"platform": name, "version": version(package)}
    if sys.argv[1:] == ["--about"]:
        print(json.dumps(about))
        return
    given, answers = map(Path, sys.argv[1:])
    cases = json.loads(given.read_text(encoding="utf-8"))
    told = {
        **about,
        "cases": hashlib.sha256(given.read_bytes()).hexdigest(),
        "equity": {case: equity_of(told) for case, told in cases.items() if name in told["asked"]},
    }
    answers.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
