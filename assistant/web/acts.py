"""What a visitor can do on the page: each act changes the view and the store, and draws nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from assistant.answer import Answer, Language
from assistant.api.limits import MAX_QUESTION
from assistant.conversations import Conversation, Conversations, StoredTurn
from assistant.text import is_traditional
from assistant.web import charts
from assistant.web.correcting import advise
from assistant.web.desk import Desk
from assistant.web.failures import LongQuestionError
from assistant.web.strings import strings
from corpus.errors import InputError
from corpus.flowcharts import Facts

MAX_REASON = 500
"""Characters of a visitor's reason for liking an answer or not."""


class View(BaseModel):
    """What a page shows: which conversation, found by which search, in which language.

    `heard` is the number of the last act that came over the wire, which tells the page that it was done.
    """

    conversation: str = ""
    language: Language = "en"
    search: str = ""
    heard: str = ""


class Visit:
    """One visitor's view of the desk and its store. Acts raise InputError or HistoryError."""

    def __init__(self, desk: Desk, owner: str, view: View) -> None:
        self.desk, self.owner, self.view = desk, owner, view

    @property
    def store(self) -> Conversations:
        """Where conversations are kept, or only remembered."""
        return self.desk.store

    def perform(self, name: str, given: Mapping[str, Any]) -> None:
        """One act by its name, with what the page sent along."""
        act = ACTS.get(name)
        if act is None:
            raise InputError(f"The page cannot do {name[:40]!r}; reload it.")
        texts = {key: value for key, value in given.items() if isinstance(value, str)}
        self.view.heard = texts.get("number", self.view.heard)
        act(self, texts)

    def shown(self) -> Conversation | None:
        """The conversation in view; None where nothing has been asked yet, or it is gone."""
        if not self.view.conversation:
            return None
        try:
            return self.store.get(self.owner, self.view.conversation)
        except InputError:
            self.view.conversation = ""
            return None

    def ask(self, text: str) -> None:
        """Ask in the conversation in view, or begin one."""
        question = text.strip()
        if not question:
            return
        if len(question) > MAX_QUESTION:
            raise LongQuestionError(f"A question has at most {MAX_QUESTION:,} characters; shorten this one.")
        self._begin_if_new()
        self.desk.ask(self.owner, self.view.conversation, question, self.view.language)

    def _begin_if_new(self) -> None:
        if self.shown() is None:
            self.view.conversation = self.store.begin(self.owner).id

    def turn(self, turn_id: str) -> StoredTurn:
        """A turn of the conversation in view, which proves that it is the visitor's own."""
        conversation = self.shown()
        for one in conversation.turns if conversation else ():
            if one.id == turn_id:
                return one
        raise InputError("That answer is no longer there; reload the page.")


def _hello(visit: Visit, given: Mapping[str, str]) -> None:
    visit.view = View(conversation=given.get("conversation", ""), heard=visit.view.heard)
    _language(visit, given)


def _language(visit: Visit, given: Mapping[str, str]) -> None:
    visit.view.language = "zh" if given.get("value", "").lower().startswith("zh") else "en"


def _ask(visit: Visit, given: Mapping[str, str]) -> None:
    visit.ask(given.get("text", ""))


def _again(visit: Visit, given: Mapping[str, str]) -> None:
    turn = visit.turn(given.get("turn", ""))
    visit.desk.again(visit.owner, visit.view.conversation, turn.id, visit.view.language)


def _correct(visit: Visit, given: Mapping[str, str]) -> None:
    """Put right what was understood: the flowchart's advice for the other case comes at once."""
    answer = visit.turn(given.get("turn", "")).answer
    if answer is None or answer.recommendation is None:
        raise InputError("That answer gives no advice; ask for some first.")
    reader, facts = charts.corrected(answer.recommendation, given.get("fact", ""), given.get("value", ""))
    said = charts.in_words(reader, facts, answer.language)
    _advise(visit, answer, strings(answer.language)["corrected"].format(facts=said), reader, facts)


def _reply(visit: Visit, given: Mapping[str, str]) -> None:
    """Answer the flowchart's question back; while the reader is unknown, the engine reads the answer."""
    answer, text = visit.turn(given.get("turn", "")).answer, given.get("text", "")
    if answer is None or answer.recommendation is None or given.get("fact") == charts.AUDIENCE:
        visit.ask(text)
        return
    reader, facts = charts.corrected(answer.recommendation, given.get("fact", ""), given.get("value", ""))
    _advise(visit, answer, text, reader, facts)


def _advise(visit: Visit, before: Answer, question: str, reader: str, facts: Facts) -> None:
    advice = advise(question, reader, facts, before.language, is_traditional(before.answer))
    visit.store.answer(visit.store.ask(visit.view.conversation, question), advice)


def _stop(visit: Visit, given: Mapping[str, str]) -> None:
    if visit.shown():
        visit.desk.stop(visit.view.conversation)


def _open(visit: Visit, given: Mapping[str, str]) -> None:
    visit.view.conversation = given.get("value", "")


def _new(visit: Visit, given: Mapping[str, str]) -> None:
    visit.view.conversation = ""


def _find(visit: Visit, given: Mapping[str, str]) -> None:
    visit.view.search = given.get("value", "")[:200]


def _rename(visit: Visit, given: Mapping[str, str]) -> None:
    visit.store.rename(visit.owner, given.get("id", ""), given.get("title", ""))


def _delete(visit: Visit, given: Mapping[str, str]) -> None:
    gone = given.get("id", "")
    visit.desk.stop(gone)
    visit.store.delete(visit.owner, gone)
    if gone == visit.view.conversation:
        visit.view.conversation = ""


def _rate(visit: Visit, given: Mapping[str, str]) -> None:
    turn = visit.turn(given.get("turn", ""))
    liked = {"like": True, "dislike": False}.get(given.get("value", ""))
    visit.store.feedback(turn.id, liked, given.get("reason", "")[:MAX_REASON])


ACTS: dict[str, Callable[[Visit, Mapping[str, str]], None]] = {
    "hello": _hello,
    "language": _language,
    "ask": _ask,
    "again": _again,
    "correct": _correct,
    "reply": _reply,
    "stop": _stop,
    "open": _open,
    "new": _new,
    "find": _find,
    "rename": _rename,
    "delete": _delete,
    "rate": _rate,
}
"""Everything the page may ask for over its wire."""
