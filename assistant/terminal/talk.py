"""A chat on a terminal: one conversation, asked on and kept."""

from collections.abc import Callable
from typing import TypeVar

from assistant.answer import Answer, Turn
from assistant.conversations import OFF, Conversation, Conversations
from assistant.terminal import answers
from assistant.terminal.options import Answerer, events_of
from assistant.terminal.show import complain
from corpus.errors import AssistantError, HistoryError, InputError

OWNER = "terminal"
"""Whose the conversations of the terminal are."""

MAX_HISTORY = 40
"""Messages that the engine is told of what was said before."""

STOPPED = "Stopped."

T = TypeVar("T")


def open_conversations() -> Conversations:
    """The kept conversations; where they cannot be used, some that last as long as the chat."""
    try:
        return Conversations.open()
    except HistoryError as error:
        complain(f"{error} This chat will not be kept.")
        return Conversations.open(OFF)


class Talk:
    """A conversation that goes on. What cannot be kept is said once, and the talk goes on without."""

    def __init__(self, answerer: Answerer, store: Conversations, language: str = "auto") -> None:
        self.store, self.language = store, language
        self.conversation: Conversation | None = None
        self.last: Answer | None = None
        self._answerer = answerer
        self._turns: list[Turn] = []
        self._keeps = True

    def new(self) -> None:
        """Begin another conversation."""
        self.conversation, self.last, self._turns = None, None, []

    def go_on(self, beginning: str) -> Conversation:
        """Take up a kept conversation; an empty id means the last one. InputError: there is none such."""
        found = self.store.get(OWNER, self.store.find(OWNER, beginning))
        self.conversation, self._turns = found, found.messages()
        self.last = next((turn.answer for turn in reversed(found.turns) if turn.answer), None)
        return found

    def ask(self, text: str) -> None:
        """Ask, show and keep; a number picks a reply that was offered. Ctrl-C ends the answer alone."""
        question = self._picked(text)
        turn = self._keep(lambda: self._begin(question))
        try:
            with events_of(self._answerer, question, self._turns[-MAX_HISTORY:], self.language) as events:
                answer = answers.stream(events, numbered=True)
        except KeyboardInterrupt:
            self._failed(turn, STOPPED)
        except AssistantError as error:
            self._failed(turn, str(error))
        else:
            self.last = answer
            self._turns += [
                Turn(role="user", content=question),
                Turn(role="assistant", content=answer.answer),
            ]
            if turn is not None:
                self._keep(lambda: self.store.answer(turn, answer))

    def _picked(self, text: str) -> str:
        options = self.last.ask_next.options if self.last and self.last.ask_next else []
        if text.isdecimal() and 1 <= int(text) <= len(options):
            return options[int(text) - 1]["label"]
        return text

    def _begin(self, question: str) -> str:
        """Keep a question, in a conversation that its first question begins."""
        if self.conversation is None:
            self.conversation = self.store.begin(OWNER)
        return self.store.ask(self.conversation.id, question)

    def _failed(self, turn: str | None, sentence: str) -> None:
        complain(sentence)
        if turn is not None:
            self._keep(lambda: self.store.fail(turn, sentence))

    def _keep(self, use: Callable[[], T]) -> T | None:
        """Use the store, as long as it can be used."""
        if not self._keeps:
            return None
        try:
            return use()
        except InputError:  # another program deleted the conversation meanwhile
            self.conversation = None
        except HistoryError as error:
            complain(f"{error} The rest of this chat is not kept.")
            self._keeps = False
        return None
