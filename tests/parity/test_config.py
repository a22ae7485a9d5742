"""Options from a file: they are defaults, the command line wins, and a misspelt key is an error."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from engine.errors import OptionError
from parity.cli.config import Config

SEEN = {}


def command(
    strategy: Annotated[str, typer.Argument()],
    fee: float = 0.0,
    start: Annotated[str, typer.Option("--from")] = "",
    symbol: Annotated[list[str] | None, typer.Option()] = None,
    params: str = "{}",
    json: Annotated[bool, typer.Option("--json")] = False,
    config: Config = None,
):
    SEEN.update(
        strategy=strategy, fee=fee, start=start, symbol=symbol, params=params, json=json, at=config
    )


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(command)

    def call(text, *words):
        file = tmp_path / "run.toml"
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, [*words, "--config", str(file)])

    return call


def test_keys_are_the_names_of_options(run):
    told = run(
        'strategy = "sma_cross"\nfee = 0.001\nfrom = 2013-02-08\nsymbol = ["AAPL", "MSFT"]\n'
        "json = true\n[params]\nfast = 20\n"
    )
    assert told.exit_code == 0, told.output
    assert SEEN["strategy"] == "sma_cross"
    assert (SEEN["fee"], SEEN["start"], SEEN["json"]) == (0.001, "2013-02-08", True)
    assert (SEEN["symbol"], SEEN["params"]) == (["AAPL", "MSFT"], '{"fast": 20}')


def test_the_command_line_wins(run):
    assert run("fee = 0.001\n", "mine", "--fee", "0").exit_code == 0
    assert (SEEN["strategy"], SEEN["fee"]) == ("mine", 0.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("feee = 1\n", "'feee' is no option of this command; did you mean 'fee'?"),
        ("config = 'b.toml'\n", "'config' is no option"),
        ("fee = \n", "cannot be read"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_the_file(run, text, told):
    error = run(text, "mine").exception
    assert isinstance(error, OptionError)
    assert told in str(error)
    assert "run.toml" in str(error)


def test_a_file_that_is_not_there(tmp_path):
    app = typer.Typer()
    app.command()(command)
    told = CliRunner().invoke(app, ["mine", "--config", str(Path(tmp_path / "no.toml"))])
    assert isinstance(told.exception, OptionError)


def test_a_value_of_the_wrong_kind(run):
    told = run('fee = "much"\n', "mine")
    assert told.exit_code == 2
    assert "fee" in told.output
