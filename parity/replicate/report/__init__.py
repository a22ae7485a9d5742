"""What a replicated tree came to: for the terminal, as a page, as a picture."""
