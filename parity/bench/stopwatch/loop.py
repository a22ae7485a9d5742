"""One side of a race: load arrays, run when told, say how long it took.

Lines of JSON come in, lines of JSON go out. A side runs in its own environment, so this needs the
standard library and numpy only.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# One execution; compared as bytes.
FILL = np.dtype(
    [
        ("column", "<i8"), ("bar", "<i8"), ("quantity", "<f8"), ("price", "<f8"),
        ("commission", "<f8"),
    ]
)  # fmt: skip

Arrays = Mapping[str, NDArray[Any]]
Prepare = Callable[[Arrays, Mapping[str, Any]], Callable[[], Any]]
"""From arrays and settings to the call that is timed."""
Read = Callable[[Any], NDArray[Any]]
"""What the call gave, as FILL rows."""


def serve(prepare: Prepare, read: Read) -> None:
    """Answer ``load``, ``run``, ``fills`` and ``memory`` until the input ends."""
    call: Callable[[], Any] | None = None
    outcome: Any = None
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        told: dict[str, Any] = {}
        if order["do"] == "load":
            call = prepare(*load(Path(order["folder"]), order["arrays"]))
        elif order["do"] == "run" and call is not None:
            outcome = None
            began, worked = time.perf_counter(), time.process_time()
            outcome = call()
            told["seconds"] = time.perf_counter() - began
            told["cpu"] = time.process_time() - worked
        elif order["do"] == "fills":
            rows = read(outcome)
            np.save(order["into"], rows)
            told = {"fills": len(rows), "checksum": checksum(rows)}
        elif order["do"] == "memory":
            told["bytes"] = peak_memory()
        print(json.dumps(told), flush=True)


def load(folder: Path, names: list[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays a side needs, and the settings of the workload."""
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    return {name: np.load(folder / f"{name}.npy") for name in names}, settings


def checksum(rows: NDArray[Any]) -> str:
    """Twelve digits of a hash over every field of every fill."""
    return hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()[:12]


def peak_memory() -> int:
    """The most memory this process ever held, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")
    )
