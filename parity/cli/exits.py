"""How the command ends: an exit code, and on failure one clear message.

0 agrees, 1 diverges, 2 bad input, 3 something that must run could not; 130 after Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer

from parity.cli import screen
from parity.cli.app import build

AGREES, BAD_INPUT, COULD_NOT_RUN = 0, 2, 3


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return build()(args=words, prog_name="truefill", standalone_mode=False) or AGREES
    except typer.TyperException as error:
        # A group called without a command has printed its help and has nothing to add.
        return report(error, as_json="--json" in words) if error.format_message() else BAD_INPUT
    except Exception as error:
        if "--debug" in words or os.environ.get("TRUEFILL_DEBUG"):
            traceback.print_exception(error)
        return report(error, as_json="--json" in words)


def report(error: Exception, *, as_json: bool) -> int:
    """Print one message on stderr (with ``--json`` one document on stdout); return the code."""
    told = explain(error)
    if as_json:
        from parity.report.document import dump

        screen.write(dump({"error": told}))
    else:
        screen.note(f"error: {told['message']}")
    return int(told["exit_code"])


def explain(error: Exception) -> dict[str, Any]:
    """The kind of an error, its message and its exit code; a bug of ours never exits with 1."""
    kind = type(error).__name__
    if isinstance(error, typer.TyperException):
        return {"kind": "UsageError", "message": _usage(error), "exit_code": BAD_INPUT}
    # engine imports polars and numba, a second that a usage error should not wait for.
    from engine.errors import TruefillError

    if isinstance(error, TruefillError):
        reason = {"reason": error.reason} if hasattr(error, "reason") else {}
        return {"kind": kind, "message": str(error), "exit_code": error.exit_code, **reason}
    if isinstance(error, OSError):
        return {"kind": kind, "message": str(error), "exit_code": COULD_NOT_RUN}
    text = f"unexpected {kind}: {error}. This is a bug; TRUEFILL_DEBUG=1 shows where."
    return {"kind": kind, "message": text, "exit_code": COULD_NOT_RUN}


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" Try '{context.command_path} --help'." if context else ""
    return error.format_message().rstrip(".") + "." + hint
