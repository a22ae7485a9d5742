"""Research results on a terminal."""
