"""Word lists, written as one text."""


def listed(text: str) -> frozenset[str]:
    """The words of a text, which stand apart by spaces or new lines."""
    return frozenset(text.split())
