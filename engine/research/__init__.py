"""What a run looks like: tables, pictures and pages."""
