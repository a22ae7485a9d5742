"""``--config FILE.toml``: options of a command from a file; what the command line says wins.

A command takes it by one more parameter, ``config: Config = None``. Keys are the names of the
command's own arguments and long options without their dashes (``from = 2013-02-08``); a list
repeats an option, a table is given as JSON (``[params]``). Relative paths start where the command
is run, as they do on the command line.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Make the file's values the defaults of the command that is about to run.

    Raises OptionError, naming the file, for one that cannot be read and for a key that is no option
    of the command.
    """
    if path is not None:
        known = {_key(option): option for option in context.command.params}
        given = load_config(path, [key for key in known if key not in ("config", "help")])
        context.default_map = {known[key].name: value for key, value in given.items()}
    return path


def load_config(path: Path, known: list[str]) -> dict[str, Any]:
    """What a file says, by key, as the text or number that an option would be given."""
    # engine's errors come with polars and numba, a second that a usage error should not wait for.
    from engine.errors import OptionError

    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f"--config {path} cannot be read: {error}") from error
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"--config {path}: {key!r} is no option of this command{hint}")
    return {key: _value(value) for key, value in given.items()}


def _key(option: Any) -> str:
    """The long name of an option, or the name of an argument."""
    long = [name for name in option.opts if name.startswith("--")]
    return str(long[0].removeprefix("--") if long else option.name)


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, default=str)
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE.toml",
        callback=read_config,
        # Read before the others, which take their defaults from it.
        is_eager=True,
        help="Options from a file, by their names; those on the command line win.",
        show_default=False,
    ),
]

__all__ = ["Config", "load_config", "read_config"]
