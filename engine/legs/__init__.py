"""The arithmetic of exposures times returns: one pass over the bars of each symbol."""
