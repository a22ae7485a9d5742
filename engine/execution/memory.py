"""Memory that one run frees is kept for the next, instead of being given back in between.

The ledger of a million bars is some thirty megabytes. Taking fresh pages for it from the system
costs nearly as much as playing the bars, so the C library is asked to keep that much.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping

# malloc.h of the GNU C library.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT = 64 << 20
# The most that it takes from its heap instead of mapping it anew.
LARGEST = 32 << 20
CHOICES = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed(environ: Mapping[str, str] = os.environ) -> bool:
    """Ask for it, unless the user has chosen already; whether the C library agreed.

    Other C libraries than GNU's have no such choice and are left as they are.
    """
    if any(name in environ for name in CHOICES):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST)) and bool(mallopt(M_TRIM_THRESHOLD, KEPT))
