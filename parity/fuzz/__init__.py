"""Random cases that search for divergences."""
