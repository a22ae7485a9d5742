"""Recorders: they run in the peers' environments and import nothing of ours."""
