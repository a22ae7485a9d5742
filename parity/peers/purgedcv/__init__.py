"""purgedcv, skfolio, arch and scikit-learn as peers of our statistics and windows."""
