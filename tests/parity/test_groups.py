"""Options that belong together are declared once and reach a command as one value."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from parity.cli.groups import grouped


@dataclass(frozen=True)
class Cost:
    fee: Annotated[float, typer.Option(min=0.0, help="Share of what is traded.")] = 0.0
    slip: Annotated[float, typer.Option("--slippage")] = 0.5


def call(*words):
    heard = []

    @grouped
    def trade(
        symbol: Annotated[str, typer.Argument()],
        *,
        size: Annotated[int, typer.Option()] = 1,
        cost: Cost,
        loud: Annotated[bool, typer.Option("--loud")] = False,
    ) -> None:
        """Trade something."""
        heard.append((symbol, size, cost, loud))

    app = typer.Typer()
    app.command()(trade)
    app(args=list(words), standalone_mode=False)
    return heard


def test_a_group_is_one_value_with_its_defaults():
    assert call("A") == [("A", 1, Cost(0.0, 0.5), False)]
    words = ("A", "--size", "2", "--fee", "0.1", "--slippage", "0.2", "--loud")
    assert call(*words) == [("A", 2, Cost(0.1, 0.2), True)]


def test_its_rules_are_those_of_options():
    with pytest.raises(typer.TyperException, match="greater than or equal to 0"):
        call("A", "--fee", "-1")


def test_help_has_them_where_the_group_stands(capsys):
    call("--help")
    told = capsys.readouterr().out
    assert "Trade something." in told
    places = [told.index(word) for word in ("--size", "--fee", "--slippage", "--loud")]
    assert places == sorted(places)
