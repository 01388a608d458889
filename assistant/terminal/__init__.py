"""The terminal's door: the command `assistant` and what it prints."""
