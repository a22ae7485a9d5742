"""What is kept on disk: digests and whole-or-nothing writes."""
