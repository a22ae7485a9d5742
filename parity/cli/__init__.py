"""The command line: parse, call one public function, print, exit."""

from parity.cli.exits import main

__all__ = ["main"]
