"""Facts of a case as people write them: `name=value`."""

from collections.abc import Iterable

from corpus.errors import InputError


def read_facts(pairs: Iterable[str]) -> dict[str, str]:
    """{name: value}. Raises InputError for a text without `=`, and for a fact that is given twice."""
    facts: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = (part.strip() for part in pair.partition("="))
        if not separator or not name:
            raise InputError(f"A fact is written name=value, found {pair!r}.")
        if name in facts:
            raise InputError(f"The fact {name!r} is given twice.")
        facts[name] = value
    return facts
