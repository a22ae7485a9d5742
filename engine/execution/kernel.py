"""How kernels are compiled: three decorators, and a cache that notices every edit."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config
from numba.extending import register_jitable

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

PACKAGE = Path(__file__).parent


# Never ``fastmath``, which may reorder sums. No allocation (``_nrt``): Numba counts references to
# every array it touches, which in these loops costs several times the work itself; kernels that
# write into arrays they are given need no counting. Division is IEEE's, as in numpy.
EXACT = {"error_model": "numpy", "_nrt": False}


def rule(function: Kernel) -> Kernel:
    """A rule: numbers and records in, numbers out. Called from Python it is plain Python.

    Compiled without a bridge from Python, which would take longer to compile than the rule.
    """
    return cast(Kernel, register_jitable(no_cfunc_wrapper=True, **EXACT)(function))


def step(function: Kernel) -> Kernel:
    """A step of a loop: woven into it, which is faster than passing all its arrays on."""
    return cast(Kernel, numba.njit(inline="always", **EXACT)(function))


def entry(function: Kernel) -> Kernel:
    """A loop: cached on disk with all it calls, and free of the GIL so that threads share it.

    Numba looks up its cache folder while it decorates; ours is set for that moment only, so the
    kernels of other packages keep their own.
    """
    return _kept_in(CACHE, function)


def entry_of(package: Path) -> Callable[[Kernel], Kernel]:
    """The same decorator for the loops of another package, cached by that package's sources.

    Its loops may call its own rules and steps, not those of the execution models.
    """
    folder = cache_folder(package)
    return lambda function: _kept_in(folder, function)


def cache_folder(package: Path = PACKAGE) -> Path:
    """The folder of this version of the sources, in NUMBA_CACHE_DIR or the user's cache.

    Numba notices an edit only in the file of the entry itself, so the folder is named by all.
    """
    parent = config.CACHE_DIR or _user_cache()
    return Path(parent) / f"truefill-{source_digest(package)}"


def source_digest(package: Path = PACKAGE) -> str:
    """Twelve digits of a hash over every source of a package, and over how it is compiled."""
    digest = hashlib.sha256()
    for path in sorted({*package.rglob("*.py"), Path(__file__)}):
        digest.update(os.path.relpath(path, package).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _kept_in(folder: Path, function: Kernel) -> Kernel:
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        return cast(Kernel, numba.njit(cache=True, nogil=True, **EXACT)(function))
    finally:
        config.CACHE_DIR = before


def _user_cache() -> Path:
    """The user's own cache, or a folder of this process alone: caches are code, so never shared."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "truefill" / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="truefill-"))


CACHE = cache_folder()
