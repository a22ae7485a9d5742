"""How kernels are compiled: two decorators, and a cache that notices every edit."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

PACKAGE = Path(__file__).parent


def step(function: Kernel) -> Kernel:
    """A rule or a step of a loop: IEEE division, exactly the arithmetic as written."""
    kernel: Kernel = numba.njit(error_model="numpy")(function)
    return kernel


def entry(function: Kernel) -> Kernel:
    """A loop: cached on disk with all it calls, and free of the GIL so that threads share it.

    Numba looks up its cache folder while it decorates; ours is set for that moment only, so the
    kernels of other packages keep their own.
    """
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(CACHE)
    try:
        kernel: Kernel = numba.njit(error_model="numpy", cache=True, nogil=True)(function)
        return kernel
    finally:
        numba.config.CACHE_DIR = before


def cache_folder() -> Path:
    """The folder of this version of the sources, in NUMBA_CACHE_DIR or the user's cache.

    Numba notices an edit only in the file of the entry itself, so the folder is named by all.
    """
    parent = numba.config.CACHE_DIR or _user_cache()
    return Path(parent) / f"truefill-{source_digest()}"


def source_digest() -> str:
    """Twelve digits of a hash over every source of the execution models."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _user_cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "truefill" / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / f"truefill-{os.getuid()}"
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir()) / "truefill"


CACHE = cache_folder()
