"""TA-Lib as a peer of our indicators."""
