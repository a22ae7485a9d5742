"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Select = Annotated[
    str | None,
    typer.Argument(
        help="Only scenarios whose topic/name contains this text; * and ? make it a pattern.",
        show_default=False,
    ),
]
OnPlatform = Annotated[
    str | None,
    typer.Option(
        "--platform",
        help="Only this platform: a name (vectorbt) or a name and an idiom (vectorbt+rust).",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="A quick run on few bars: does it work at all?")
]
References = Annotated[
    Path | None,
    typer.Option(
        help="Where the references are kept, else TRUEFILL_REFERENCES, else reference_data.",
        show_default=False,
    ),
]
ReportInto = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help="Also write report.json, parity.md, parity.html and junit.xml into this directory.",
        show_default=False,
    ),
]
