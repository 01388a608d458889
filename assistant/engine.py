"""Question -> cited, verified answer: the one engine behind the web chat, the HTTP API and the terminal."""

from collections.abc import Iterator, Sequence

from assistant.answer import Answer, Event, SearchResult, Turn


class Engine:
    """Holds the retriever and the generator; thread-safe."""

    def ask(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Answer:
        """Answer one question. Raises InputError for an unusable question."""
        raise NotImplementedError

    def stream(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Iterator[Event]:
        """Yield Retrieved, then Tokens, then Final. Closing the iterator stops decoding."""
        raise NotImplementedError

    def search(self, query: str, k: int = 5, language: str = "auto") -> list[SearchResult]:
        """The k nearest aligned passages, best first."""
        raise NotImplementedError

    def close(self) -> None:
        """Free the models."""
        raise NotImplementedError
