"""The same runs in plain Python, in a process of its own: Numba decides when it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def plain_digest(module: str) -> str:
    """What ``digest_of()`` of a module of stories says where nothing is compiled."""
    paths = [str(HERE), str(HERE.parents[2])]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import {module}; print({module}.digest_of())"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(paths)},
    )
    return done.stdout.strip()
