"""``truefill parity drift``: the library on two versions of a peer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.options import AsJson, Select


def drift(
    platform: Annotated[
        str, typer.Option(help="A platform (vectorbt) or one of its idioms (vectorbt+numba).")
    ],
    versions: Annotated[tuple[str, str], typer.Option(help="The older version and the newer.")],
    select: Select = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.md",
            help="Also write the result into this page, in place of its earlier one.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record scenarios on two versions of a platform and say what changed between them.

    Each version runs in its own environment, from the pins of that very version. A run that was
    killed goes on where it stopped. References are not touched. Exits with 0 if nothing changed, 1
    if something did, 2 for a version without pins, 3 if a version could not be asked.
    """
    # polars takes a while to load, which --help and a usage error must not wait for.
    from parity.drift.report import draw_drift, write_section
    from parity.drift.run import drift_suite
    from parity.report.document import dump

    with screen.waiting("recording") as step:
        document = drift_suite(platform, versions, select, step=step, say=screen.note)
    if out is not None:
        write_section(document, out)
    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*draw_drift(document))
    raise typer.Exit(document["exit_code"])
