"""Nine figures of returns: what both sides of that race compute, a call many times over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

YEAR = 252


def many(call: Callable[[], Any], settings: Mapping[str, Any]) -> Callable[[], Any]:
    """Short calls are timed by the thousand."""
    times = int(settings["times"])

    def repeat() -> Any:
        for _ in range(times - 1):
            call()
        return call()

    return repeat
