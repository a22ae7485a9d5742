"""``truefill compare``: one script on every platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.options import AsJson


def compare(
    script: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE_OR_SCENARIO",
            help="A bundle's folder, a scenario's .toml file, or the name of a library scenario.",
        ),
    ],
    platform: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this platform, a name or name+idiom; may be repeated.", show_default=False
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Only this execution model; may be repeated.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.md",
            help="Also write the page as Markdown, with its picture beside it.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play one script under every platform's rules and say where and why they part.

    Shows fills, trades and final equity of each, the engine spread (the range of final equity),
    the first bar on which they part, what each did on it, and the rule that parts them. Exits with
    0, with 2 if the script cannot be used, with 3 if a model crashed.
    """
    # polars and numba take a second to load, which --help and a usage error must not wait for.
    from parity.report.document import dump
    from parity.spread.files import check_page, write_page
    from parity.spread.run import compare_platforms
    from parity.spread.terminal import draw_comparison

    if out is not None:
        check_page(out)
    with screen.waiting("playing") as step:
        document = compare_platforms(
            script, platforms=platform or (), models=model or (), step=step
        )
    if out is not None:
        write_page(document, out)
    if as_json:
        screen.write(dump(document))
    else:
        screen.show(*draw_comparison(document))
    raise typer.Exit(document["exit_code"])
