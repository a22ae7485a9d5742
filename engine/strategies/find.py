"""A strategy by a text: a shipped name, ``module:Class``, ``file.py:Class`` or ``file.py``."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeGuard, get_type_hints

from engine.errors import StrategyError
from engine.strategy import StrategyBase

SHIPPED: Final = {
    "kama": "engine.strategies.kama:Kama",
    "regime_sizing": "engine.strategies.regime_sizing:RegimeSizing",
    "sma_cross": "engine.strategies.sma_cross:SmaCross",
    "supertrend": "engine.strategies.supertrend:SuperTrend",
    "trailing_stop": "engine.strategies.trailing_stop:TrailingStop",
}
PLAIN: Final = (bool, int, float, str)


def build_strategy(text: str, params: Mapping[str, Any] | None = None) -> StrategyBase:
    """The strategy a text names, made with its parameters by name.

    Raises StrategyError for a text that names none, for a parameter it does not have, lacks or
    refuses, and for a value of another type (a whole number is also a float).
    """
    kind, given = find_strategy(text), dict(params or {})
    _check_params(kind, given)
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        raise StrategyError(f"{text} cannot be made with {given}: {error}") from error


def find_strategy(text: str) -> type[StrategyBase]:
    """The class a text names; of a file or module with one strategy, the class can be left out.

    Raises StrategyError if there is none; a name that is nearly right is offered.
    """
    place, _, name = SHIPPED.get(text, text).partition(":")
    if place.endswith(".py"):
        module = _run_file(Path(place))
    elif name or "." in place:
        module = _import(place)
    else:
        raise StrategyError(
            f"no strategy is called {text!r}{_near(text, SHIPPED)}; the shipped ones are "
            f"{', '.join(sorted(SHIPPED))}; your own is file.py:Class or module:Class"
        )
    return _pick(module, place, name)


def _pick(module: ModuleType, place: str, name: str) -> type[StrategyBase]:
    """The class of that name, or the only strategy that the module itself defines."""
    own = {
        key: value
        for key, value in vars(module).items()
        if _is_strategy(value) and value.__module__ == module.__name__
    }
    if name:
        found: Any = getattr(module, name, None)
        if found is None:
            raise StrategyError(f"{place} has no {name!r}{_near(name, own)}; it has {sorted(own)}")
        if not _is_strategy(found):
            raise StrategyError(
                f"{place}:{name} is no strategy that can be run; make it a subclass of "
                "engine.strategy.StrategyBase with add_indicators and signal"
            )
        return found
    if len(own) != 1:
        raise StrategyError(f"{place} has {sorted(own) or 'no strategy'}; name one: {place}:Class")
    return next(iter(own.values()))


def _is_strategy(value: object) -> TypeGuard[type[StrategyBase]]:
    return (
        inspect.isclass(value) and issubclass(value, StrategyBase) and not inspect.isabstract(value)
    )


def _import(name: str) -> ModuleType:
    """A module on the path; the folder one stands in counts, as for ``python -m``."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise StrategyError(f"{name} cannot be imported: {error}") from error
        raise StrategyError(f"there is no module {name}; write file.py:Class or a path") from error
    except Exception as error:
        raise StrategyError(f"{name} cannot be imported: {_told(error)}") from error
    finally:
        sys.path.remove(here)


def _run_file(path: Path) -> ModuleType:
    """A file as a module, under a name of its own: what it defines can be pickled."""
    if not path.is_file():
        raise StrategyError(f"there is no file {path}")
    path = path.resolve()
    key = hashlib.sha256(str(path).encode() + path.read_bytes()).hexdigest()[:8]
    name = f"{path.stem}_{key}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise StrategyError(f"{path} cannot be run: {_told(error)}") from error
    return module


def _check_params(kind: type[StrategyBase], given: Mapping[str, Any]) -> None:
    wanted = _parameters(kind)
    name = _name_of(kind)
    if any(one.kind is one.VAR_KEYWORD for one in wanted.values()):
        return
    for param in given:
        if param not in wanted:
            raise StrategyError(
                f"{name} has no parameter {param!r}{_near(param, wanted)}; it has {list(wanted)}"
            )
    for param, one in wanted.items():
        if one.default is one.empty and param not in given:
            raise StrategyError(f"{name} needs a value for {param!r}; give it as {param}=...")
    types = _types(kind)
    for param, value in given.items():
        if not _fits(value, types.get(param)):
            kind_name = types[param].__name__
            raise StrategyError(f"{name}: {param} is {value!r}, not {kind_name}")


def _parameters(kind: type[StrategyBase]) -> dict[str, inspect.Parameter]:
    found = inspect.signature(kind).parameters.values()
    return {one.name: one for one in found if one.kind is not one.VAR_POSITIONAL}


def _types(kind: type[StrategyBase]) -> dict[str, Any]:
    try:
        return get_type_hints(kind.__init__)
    except NameError:
        return {}


def _fits(value: object, wanted: Any) -> bool:
    """Only plain types are checked; what else a parameter may be is the strategy's business."""
    if wanted not in PLAIN:
        return True
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is wanted


def _name_of(kind: type[StrategyBase]) -> str:
    return getattr(kind, "name", kind.__name__)


def _near(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


__all__ = ["SHIPPED", "build_strategy", "find_strategy"]
