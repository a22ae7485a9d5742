"""Bars + script + execution model -> Result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from engine.errors import InputError, OptionError, PlatformRefusal
from engine.execution import MODELS
from engine.execution.records import BadOption, Refused, Request, Unsupported
from engine.panel import Panel, build_panel
from engine.result import Result
from engine.script import Account, Option, Script, conform_script
from engine.submit import marks_of, tape_of, values_of


class UnsupportedScript(InputError):
    """The execution model cannot express this script; ``reason`` says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def simulate(
    bars: pl.DataFrame,
    script: Script,
    model: str = "house",
    *,
    account: Account | None = None,
    symbols: tuple[str, ...] | None = None,
    options: Mapping[str, Option] | None = None,
    skip: bool = True,
) -> Result:
    """Play a script on bars under one execution model.

    ``bars`` has the BARS columns, rising in time per symbol; ``symbols`` fixes the order of the
    columns (else the order of first appearance). ``options`` are what the model's own users can
    set. ``skip`` jumps over bars on which nothing can happen; the result is the same.

    Raises BarsError, ScriptError or OptionError for input that cannot be used, UnsupportedScript
    for what the model cannot express, and PlatformRefusal where the platform's own rules stop the
    run.
    """
    if model not in MODELS:
        raise OptionError(f"unknown model {model!r}; the models are {', '.join(sorted(MODELS))}")
    panel = build_panel(bars, symbols)
    try:
        request = _request(panel, script, model, account or Account(), options or {})
        ledger = MODELS[model].run(request, skip=skip)
    except Refused as refusal:
        raise PlatformRefusal(refusal.reason, _place(refusal, panel)) from refusal
    except Unsupported as reason:
        raise UnsupportedScript(str(reason)) from reason
    except BadOption as error:
        raise OptionError(f"model {model}: {error}") from error
    return Result(panel, ledger)


def _request(
    panel: Panel,
    script: Script,
    model: str,
    account: Account,
    options: Mapping[str, Option],
) -> Request:
    rules = MODELS[model]
    own = {option: getattr(account, field) for option, field in rules.ACCOUNT.items()}
    bases = {**rules.DEFAULTS, **own, **options}
    script = replace(script, frame=conform_script(script.kind, script.frame))
    values, varied = values_of(panel, script, model, bases)
    signals = script.kind == "signals"
    return Request(
        market=panel.market,
        symbols=panel.symbols,
        cash=account.cash,
        commission=account.commission,
        fixed=account.fixed,
        slippage=account.slippage,
        marks=marks_of(panel, script.frame) if signals else {},
        tape=None if signals else tape_of(panel, script.frame),
        values=values,
        options={**options, **varied},
    )


def _place(refusal: Refused, panel: Panel) -> str:
    """Where the platform stopped, as far as it said so."""
    if refusal.bar < 0:
        return str(refusal)
    symbol = panel.symbols[refusal.column] if refusal.column >= 0 else "?"
    return f"{refusal} (bar {refusal.bar}, {panel.clock[refusal.bar]}, {symbol})"
