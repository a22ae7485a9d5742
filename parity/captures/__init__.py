"""What a user's own VectorBT Pro answered to small stories, and which readings it supports."""

from parity.captures.findings import Answer, Findings, Reading
from parity.captures.run import import_captures, stored_captures

__all__ = ["Answer", "Findings", "Reading", "import_captures", "stored_captures"]
