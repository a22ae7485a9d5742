"""One script on every platform: what each makes of it, where they part, and by which rule."""
