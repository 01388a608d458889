"""API keys: who may ask. Kept as hashes, compared in constant time, needed wherever others can reach us.

A key is long and random, so one SHA-256 is a hash that nobody can invert. An entry is `KEY` or `NAME KEY`;
instead of the key its hash may stand, `sha256:…`, and in a file it must.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from assistant.serving.address import is_loopback
from assistant.settings import Settings
from corpus.errors import InputError
from corpus.files import write_whole

MARK = "sha256:"
SHORTEST = 16
"""Characters of a key; shorter ones can be guessed."""

_HASH = re.compile(rf"{MARK}[0-9a-f]{{64}}")
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")


class Keys:
    """Hashes by name. False when there are none."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)

    @classmethod
    def read(cls, listed: str, file: Path | None) -> "Keys":
        """Those of a list with commas between entries, and of a file with an entry a line, # for remarks.

        Raises InputError with what is wrong with which entry; a key itself is never told.
        """
        hashes: dict[str, str] = {}
        for number, entry in enumerate(filter(None, map(str.strip, listed.split(","))), 1):
            _add(hashes, entry, f"entry {number} of ASSISTANT_API_KEYS")
        for number, line in enumerate(_lines(file), 1):
            entry = line.partition("#")[0].strip()
            if entry:
                _add(hashes, entry, f"line {number} of {file}", only_hashes=True)
        return cls(hashes)

    @classmethod
    def of(cls, settings: Settings) -> "Keys":
        """Those that the settings name. Raises InputError as `read` does."""
        return cls.read(settings.api_keys.get_secret_value(), settings.api_keys_file)

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def name_of(self, key: str) -> str | None:
        """Whose key it is; takes as long for a wrong one as for a right one."""
        shown, found = hashed(key), None
        for name, known in self._hashes.items():
            if hmac.compare_digest(shown, known):
                found = name
        return found

    def require_for(self, host: str) -> None:
        """Raise InputError when others can reach `host` and there are no keys."""
        if not self and not is_loopback(host):
            raise InputError(
                f"Others can reach {host}, so API keys are needed: `assistant key NAME --file keys.txt` "
                "makes one, `--api-keys keys.txt` takes it; or set ASSISTANT_API_KEYS, or serve on 127.0.0.1."
            )


def hashed(key: str) -> str:
    """How a key is kept."""
    return MARK + hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def issue(name: str, file: Path) -> str:
    """A new key for `name`: its hash is added to `file`, the key itself is only returned.

    Raises InputError when the name is unfit or taken, or the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot name a key: use up to 64 letters, digits and . _ @ -")
    known = Keys.read("", file if file.exists() else None)
    if name in known._hashes:
        raise InputError(f"{file} has a key of {name} already: choose another name, or take that line out.")
    key = f"fa-{secrets.token_urlsafe(32)}"
    try:
        lines = [*(_lines(file) if file.exists() else ()), f"{name} {hashed(key)}\n"]
        write_whole(file, "\n".join(lines).encode())
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from error
    return key


def _lines(file: Path | None) -> Iterable[str]:
    if file is None:
        return ()
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise InputError(f"The keys in {file} cannot be read: {error}.") from error


def _add(hashes: dict[str, str], entry: str, place: str, *, only_hashes: bool = False) -> None:
    *names, key = entry.split()
    name = names[0] if names else f"key-{len(hashes) + 1}"
    if len(names) > 1 or not _NAME.fullmatch(name) or name in hashes:
        raise InputError(f"In {place} `NAME {MARK}…` was expected, every name once.")
    if not _HASH.fullmatch(key):
        if only_hashes or key.startswith(MARK):
            raise InputError(f"In {place} a hash was expected, {MARK} and 64 hexadecimal digits.")
        if len(key) < SHORTEST:
            raise InputError(f"In {place} the key has {len(key)} characters; {SHORTEST} are the least.")
        key = hashed(key)
    hashes[name] = key
