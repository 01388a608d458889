"""Conversations kept in one SQLite file, so that they outlive a reload, a restart and a kill -9.

A question is on disk before its answer is begun, an answer as soon as it is whole; a turn with neither answer
nor failure was interrupted. Whoever asks is an opaque `owner`, and nobody sees another's conversations.
Safe for many threads and for several processes on the same file.
"""

import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from assistant.answer import Answer, Turn
from assistant.settings import data_folder, load_settings
from assistant.text import clean, normalise
from corpus.errors import HistoryError, InputError

OFF = "off"
"""The value of the setting `history` that keeps conversations only as long as the process lives."""

TITLE_CHARACTERS = 80
BUSY_S = 10.0
"""Seconds to wait for another process that writes."""

APPLICATION_ID = 0x41736B41  # "AskA": tells our files from other programs' databases

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE conversation (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, folded TEXT NOT NULL,
            created REAL NOT NULL, changed REAL NOT NULL)""",
        "CREATE INDEX conversation_of_owner ON conversation (owner, changed DESC)",
        """CREATE TABLE turn (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            asked REAL NOT NULL, question TEXT NOT NULL, failure TEXT, liked INTEGER,
            reason TEXT NOT NULL DEFAULT '', answer TEXT)""",
        "CREATE INDEX turn_of_conversation ON turn (conversation, number)",
        """CREATE TABLE said (
            number INTEGER PRIMARY KEY REFERENCES turn (number) ON DELETE CASCADE, text TEXT NOT NULL)""",
    ),
)
"""The statements that bring a file from each version to the next; `user_version` counts those applied.

`said` holds what a search reads, folded as `normalise` does it, apart from the long answer objects. It has no
index: SQLite's trigrams miss words of two Chinese characters, and reading 100,000 turns takes 0.3 s.
"""

_DAMAGED = "move the file away (nothing was changed in it), or name another with ASSISTANT_HISTORY"
_CLOSED = (
    "make it writable, name another file with ASSISTANT_HISTORY, or keep none with ASSISTANT_HISTORY=off"
)
_FULL = "free some space on its disk, or keep none with ASSISTANT_HISTORY=off"
_REMEDIES = {
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_BUSY: "another process is writing to it; try again",
}


class StoredTurn(BaseModel):
    """A question and what came of it."""

    id: str
    question: str
    asked: datetime
    answer: Answer | None = Field(None, description="the whole answer object, citations included")
    failure: str | None = Field(None, description="the sentence that was shown instead of an answer")
    liked: bool | None = None
    reason: str = Field("", description="why it was liked or not, in the asker's words")

    @property
    def state(self) -> Literal["answered", "failed", "interrupted"]:
        """What came of the question; one that is being answered right now counts as interrupted."""
        return "answered" if self.answer else "failed" if self.failure is not None else "interrupted"


class Conversation(BaseModel):
    """A conversation with its turns, oldest first; a list gives it without them, but counted."""

    id: str
    title: str
    created: datetime
    changed: datetime
    count: int = Field(default=0, description="how many questions were asked")
    turns: list[StoredTurn] = Field(default_factory=list)

    def messages(self) -> list[Turn]:
        """The answered turns as the engine takes them for history."""
        return [
            message
            for turn in self.turns
            if turn.answer
            for message in (
                Turn(role="user", content=turn.question),
                Turn(role="assistant", content=turn.answer.answer),
            )
        ]


class Conversations:
    """The store. Every method raises HistoryError, in one sentence, when the file cannot be used."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self._db, self._lock = connection, threading.RLock()

    @classmethod
    def open(cls, path: Path | str | None = None) -> "Conversations":
        """Open or begin the file at `path`, or where the setting `history` says; `OFF` keeps nothing.

        A file that is damaged, not ours or of a later version is left as it is.
        """
        chosen = path if path is not None else place()
        file = None if chosen == OFF else Path(chosen).expanduser()
        with _explained(file):
            if file is not None:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                file or ":memory:", timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            store = cls(connection, file)
            try:
                store._prepare()
                if file is not None:
                    file.chmod(0o600)
            except BaseException:
                connection.close()
                raise
        return store

    def close(self) -> None:
        """Close the file; other uses of the store end with an error."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> "Conversations":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, owner: str, title: str = "") -> Conversation:
        """A new conversation; without a title it takes that of its first question."""
        now, name = time.time(), _title(title)
        begun = Conversation(id=uuid.uuid4().hex, title=name, created=_moment(now), changed=_moment(now))
        with self._transaction() as db:
            values = (begun.id, owner, name, _folded(name), now, now)
            db.execute("INSERT INTO conversation VALUES (?, ?, ?, ?, ?, ?)", values)
        return begun

    def ask(self, conversation_id: str, question: str) -> str:
        """Keep a question; gives the turn's id once it is on disk. InputError: no such conversation."""
        turn, now, name = uuid.uuid4().hex, time.time(), _title(question)
        with self._transaction() as db:
            found = db.execute(
                """UPDATE conversation SET changed = ?, folded = iif(title = '', ?, folded),
                   title = iif(title = '', ?, title) WHERE id = ?""",
                (now, _folded(name), name, conversation_id),
            )
            _require(found, "conversation", conversation_id)
            number = db.execute(
                "INSERT INTO turn (id, conversation, asked, question) VALUES (?, ?, ?, ?)",
                (turn, conversation_id, now, question),
            ).lastrowid
            db.execute("INSERT INTO said VALUES (?, ?)", (number, _folded(question)))
        return turn

    def answer(self, turn_id: str, answer: Answer) -> None:
        """Keep the whole answer of a turn. InputError: the turn was deleted meanwhile."""
        with self._transaction() as db:
            found = db.execute(
                "UPDATE turn SET answer = ?, failure = NULL WHERE id = ?", (answer.model_dump_json(), turn_id)
            )
            _require(found, "turn", turn_id)
            db.execute(
                "UPDATE said SET text = ? WHERE number = (SELECT number FROM turn WHERE id = ?)",
                (_folded(f"{answer.question}\n{answer.answer}"), turn_id),
            )

    def fail(self, turn_id: str, sentence: str) -> None:
        """Keep the sentence that was shown instead of an answer. InputError as `answer`."""
        with self._transaction() as db:
            found = db.execute("UPDATE turn SET failure = ? WHERE id = ?", (sentence, turn_id))
            _require(found, "turn", turn_id)

    def feedback(self, turn_id: str, like: bool | None, reason: str = "") -> None:
        """Keep whether an answer was liked, and why; None takes it back. InputError as `answer`."""
        with self._transaction() as db:
            found = db.execute("UPDATE turn SET liked = ?, reason = ? WHERE id = ?", (like, reason, turn_id))
            _require(found, "turn", turn_id)

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Give a conversation another title. InputError: the owner has no such conversation."""
        name = _title(title)
        with self._transaction() as db:
            found = db.execute(
                "UPDATE conversation SET title = ?, folded = ? WHERE owner = ? AND id = ?",
                (name, _folded(name), owner, conversation_id),
            )
            _require(found, "conversation", conversation_id)

    def delete(self, owner: str, conversation_id: str) -> None:
        """Delete a conversation from the file and its journal. InputError as `rename`."""
        with self._transaction() as db:
            found = db.execute(
                "DELETE FROM conversation WHERE owner = ? AND id = ?", (owner, conversation_id)
            )
            _require(found, "conversation", conversation_id)
        with self._lock, _explained(self.path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def find(self, owner: str, beginning: str) -> str:
        """The id that begins so; the last changed for an empty one. InputError: there is none, or several."""
        query = """SELECT id FROM conversation WHERE owner = ? AND substr(id, 1, ?) = ?
            ORDER BY changed DESC LIMIT ?"""
        with self._transaction("DEFERRED") as db:
            found = db.execute(query, (owner, len(beginning), beginning, 2 if beginning else 1)).fetchall()
        if not found:
            raise _missing("conversation", beginning)
        if len(found) > 1:
            raise InputError(f"Several conversations begin with {beginning!r}; give more of the id.")
        return str(found[0]["id"])

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """A conversation with all its turns. InputError as `rename`."""
        with self._transaction("DEFERRED") as db:
            row = db.execute(
                "SELECT * FROM conversation WHERE owner = ? AND id = ?", (owner, conversation_id)
            ).fetchone()
            rows = db.execute(
                "SELECT * FROM turn WHERE conversation = ? ORDER BY number", (conversation_id,)
            ).fetchall()
        if row is None:
            raise _missing("conversation", conversation_id)
        turns = [_turn(turn) for turn in rows]
        return _conversation(row, count=len(turns), turns=turns)

    def list(self, owner: str, search: str = "", limit: int = 50, offset: int = 0) -> Sequence[Conversation]:
        """The owner's conversations, the last changed first, without their turns.

        `search`: only those in which every word stands somewhere: in the title, a question or an answer.
        Parts of words count; width, case and script do not.
        """
        words = _folded(search).split()
        holds = """AND (instr(folded, ?) OR EXISTS (SELECT 1 FROM turn JOIN said USING (number)
            WHERE conversation = conversation.id AND instr(text, ?)))"""
        query = f"""SELECT *, (SELECT count(*) FROM turn WHERE conversation = conversation.id) AS count
            FROM conversation WHERE owner = ? {holds * len(words)}
            ORDER BY changed DESC, id LIMIT ? OFFSET ?"""
        values = [owner, *(word for word in words for _ in range(2)), limit, offset]
        with self._transaction("DEFERRED") as db:
            return [_conversation(row, count=row["count"]) for row in db.execute(query, values)]

    def export(self, owner: str, conversation_id: str, form: Literal["markdown", "json"]) -> str:
        """A conversation as Markdown, or as JSON that `verify_file` checks. InputError as `rename`."""
        from assistant import transcript

        conversation = self.get(owner, conversation_id)
        return transcript.markdown(conversation) if form == "markdown" else transcript.as_json(conversation)

    def check(self) -> str:
        """Read the whole file; says how much it holds. Raises HistoryError when a page of it is damaged."""
        with self._transaction("DEFERRED") as db:
            faults = [row[0] for row in db.execute("PRAGMA integrity_check")]
            if faults != ["ok"]:
                raise _unusable(self.path, faults[0].splitlines()[0], _DAMAGED)
            counts = [db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _TABLES]
        return f"{self.path or 'kept nowhere'}, conversations: {counts[0]}, questions: {counts[1]}"

    def _prepare(self) -> None:
        """Settle how the file is written, and bring it to the present version."""
        db = self._db
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA synchronous = FULL")
        with self._transaction("DEFERRED"):
            version = self._version()
        if version < len(MIGRATIONS):
            with self._transaction():
                for statement in (line for step in MIGRATIONS[self._version() :] for line in step):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("PRAGMA journal_mode = WAL")

    def _version(self) -> int:
        """How many migrations the file has seen. HistoryError: it is not ours, or of a later release."""
        ours, version, tables = (
            self._db.execute(query).fetchone()[0]
            for query in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_master",
            )
        )
        if ours != APPLICATION_ID and (tables or version):
            raise _unusable(self.path, "it is another program's database", _DAMAGED)
        if version > len(MIGRATIONS):
            found = f"it has version {version}, this program knows up to {len(MIGRATIONS)}"
            raise _unusable(self.path, found, "install the later release again")
        return int(version)

    @contextmanager
    def _transaction(
        self, kind: Literal["DEFERRED", "IMMEDIATE"] = "IMMEDIATE"
    ) -> Iterator[sqlite3.Connection]:
        """All or nothing, one at a time; on disk when it ends without an exception."""
        with self._lock, _explained(self.path):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


_TABLES = ("conversation", "turn")


def place() -> Path | str:
    """Where the settings keep conversations: a file, or `OFF`."""
    return load_settings().history or data_folder() / "conversations.db"


@contextmanager
def _explained(path: Path | None) -> Iterator[None]:
    """What SQLite and the system report, as HistoryError."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise _unusable(path, str(error), _REMEDIES.get(code, _CLOSED)) from error
    except OSError as error:
        raise _unusable(path, error.strerror or str(error), _CLOSED) from error
    except UnicodeEncodeError as error:
        raise InputError("The text is not valid Unicode and cannot be kept; type it again.") from error


def _unusable(path: Path | None, found: str, remedy: str) -> HistoryError:
    return HistoryError(f"The conversations in {path or 'memory'} cannot be used: {found}; {remedy}.")


def _require(found: sqlite3.Cursor, kind: str, name: str) -> None:
    if not found.rowcount:
        raise _missing(kind, name)


def _missing(kind: str, name: str) -> InputError:
    return InputError(f"There is no {kind} {name[:40]!r}; it was deleted, or its id is mistyped.")


def _conversation(row: sqlite3.Row, count: int, turns: Sequence[StoredTurn] = ()) -> Conversation:
    return Conversation(
        id=row["id"],
        title=row["title"],
        created=_moment(row["created"]),
        changed=_moment(row["changed"]),
        count=count,
        turns=[*turns],
    )


def _turn(row: sqlite3.Row) -> StoredTurn:
    columns = ("id", "question", "failure", "liked", "reason")
    turn = StoredTurn(asked=_moment(row["asked"]), **{name: row[name] for name in columns})
    if row["answer"] is not None:
        try:
            turn.answer = Answer.model_validate_json(row["answer"])
        except ValidationError:
            turn.failure = "This answer was kept in a form that this version cannot read."
    return turn


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _title(text: str) -> str:
    """One line, not too long."""
    line = " ".join(clean(text).split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def _folded(text: str) -> str:
    """What a search compares."""
    return normalise(clean(text))
