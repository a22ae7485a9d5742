"""Options that belong together: declared once as a dataclass, taken by a command as one value."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command as typer wants it: each parameter that is a dataclass becomes its fields.

    The fields stand where the parameter stood, annotated and with their defaults, as options do.
    """
    signature = inspect.signature(command, eval_str=True)
    parameters = signature.parameters.values()
    groups: dict[str, Any] = {
        one.name: one.annotation for one in parameters if is_dataclass(one.annotation)
    }
    spelled = [one for told in parameters for one in _spelled(groups.get(told.name), told)]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        values = {
            name: kind(**{one.name: given.pop(one.name) for one in fields(kind)})
            for name, kind in groups.items()
        }
        command(**given, **values)

    called.__signature__ = signature.replace(parameters=spelled)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in spelled}
    return called


def _spelled(kind: Any, told: inspect.Parameter) -> Iterator[inspect.Parameter]:
    # By keyword, so that what has a default may stand before what has none.
    if kind is None:
        yield told.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    hints = get_type_hints(kind, include_extras=True)
    for one in fields(kind):
        yield inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=hints[one.name],
            default=inspect.Parameter.empty if one.default is MISSING else one.default,
        )


__all__ = ["grouped"]
