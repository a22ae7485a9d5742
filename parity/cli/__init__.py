"""The command line: parse, call one public function, print, exit."""

from __future__ import annotations

from collections.abc import Sequence

STOPPED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command ``truefill`` and return its exit code."""
    try:
        # Imported here, so that Ctrl-C is quiet in the first tenth of a second too.
        from parity.cli.exits import run

        return run(argv)
    except KeyboardInterrupt:
        return STOPPED


__all__ = ["main"]
