"""Exposures kept at a share of equity: scripts that ask libraries, run in their environments."""
