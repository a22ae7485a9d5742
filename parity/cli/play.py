"""``truefill run``: play a bundle of your own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parity.cli import screen

if TYPE_CHECKING:
    from engine.script import Option

WORDS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def run(
    bundle: Annotated[
        Path, typer.Argument(help="A directory with scenario.json, bars and script.")
    ],
    out: Annotated[Path, typer.Option(help="The directory to write the results into.")],
    model: Annotated[
        str, typer.Option(help="The execution model: house, our own, or a platform's.")
    ] = "house",
    option: Annotated[
        list[str] | None,
        typer.Option(help="One option of the model as name=value; may be repeated.", metavar="K=V"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier run in OUT.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print run.json on stdout.")] = False,
) -> None:
    """Play a bundle under one execution model.

    Writes orders, fills, trades, entry_trades, positions, equity and metrics as Parquet, and
    run.json. A bundle's format is in docs/bundle.md, a model's options in
    docs/execution-models.md.
    """
    options = parse_options(option or [])
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from parity.play import play
    from parity.report import terminal
    from parity.report.document import dump

    head = play(bundle, out, model=model, options=options, force=force)
    if as_json:
        screen.write(dump(head))
    else:
        screen.show(*terminal.draw_run(head, out))


def parse_options(texts: list[str], flag: str = "--option") -> dict[str, Option]:
    """Read ``name=value`` pairs; a value is JSON where it can be, else text."""
    options: dict[str, Option] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"{flag} {text!r}: write it as name=value")
        if name in options:
            raise typer.BadParameter(f"{flag} {name} is given twice")
        options[name] = _value(f"{flag} {name}", value)
    return options


def _value(name: str, text: str) -> Option:
    if text in WORDS:
        return WORDS[text]
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError:
        return text
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, bool | int | float | str) for item in items):
        raise typer.BadParameter(f"{name}: {text} is no number, text, flag or list")
    return value  # type: ignore[no-any-return]
