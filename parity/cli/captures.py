"""``truefill replicate import-captures``: what a user's own VectorBT Pro did in small stories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.options import AsJson


def import_captures(
    folder: Annotated[Path, typer.Argument(help="What captures.py wrote.", metavar="FOLDER")],
    store: Annotated[
        Path | None,
        typer.Option(
            help="Also keep them here as references, for example in reference_data/captures.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which reading of each open rule the captures of a platform support.

    How to record them is in docs/pro-captures.md. Exits with 0 if every capture is explained, 1 if
    one is not, 2 if one is broken or the folder cannot be used.
    """
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from parity.captures import import_captures as read
    from parity.captures.terminal import draw_findings, exit_code, tell_findings
    from parity.report.document import dump

    findings = read(folder, store)
    if as_json:
        screen.write(dump(tell_findings(findings)))
    else:
        screen.show(*draw_findings(findings))
    raise typer.Exit(exit_code(findings))
