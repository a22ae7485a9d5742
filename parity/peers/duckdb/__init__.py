"""DuckDB, and pandas beside it, as rivals of our data loader."""
