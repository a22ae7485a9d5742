"""``truefill parity live``: random cases against the real platform."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.options import AsJson, OnPlatform


def live(
    platform: OnPlatform = None,
    cases: Annotated[int, typer.Option(min=1, help="How many random cases.")] = 200,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Which cases; a fresh seed if not given.", show_default=False),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            help="Where recordings are kept until the run is through; .cache/live if not given.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put random cases to the real platform and to the engine, and compare every bit.

    What diverges is shrunk to a few bars and kept as a scenario. A run that was killed goes on
    where it stopped when it is given the same seed. Exits with 0 if all agree, 1 if one diverges,
    3 if the platform could not be asked.
    """
    # Thousands of tiny frames: more threads would only wait for each other.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # polars and numba take a second to load, which --help and a usage error must not wait for.
    from parity.fuzz.differential import WORK, fresh_seed, live_check
    from parity.fuzz.told import draw_live
    from parity.report.document import dump

    with screen.waiting("compared") as step:
        document = live_check(
            platform,
            cases=cases,
            seed=fresh_seed() if seed is None else seed,
            work=work or WORK,
            step=step,
            say=screen.note,
        )
    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*draw_live(document))
    raise typer.Exit(document["exit_code"])
