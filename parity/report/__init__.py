"""One report.json, several renderers."""
