"""What each clause of a question of several is after."""

from assistant import asking, following
from assistant.grounding import Vocabulary
from assistant.history import Asked
from assistant.matching import Matcher
from index.retriever import Needs, Retriever


class Clauses:
    """Completes the clauses of a question one by one, and looks up the known questions that each is like."""

    def __init__(self, retriever: Retriever, vocabulary: Vocabulary) -> None:
        self._retriever = retriever
        self._vocabulary = vocabulary
        self._matcher = Matcher(vocabulary)

    def needs(self, asked: Asked, stated: bool = False) -> list[Needs]:
        """What each clause is after, completed by the ones before it; empty for a question of one clause.

        "It" may be what the clause before is about, or what answers it ("Who runs the inference? When did it
        come out?"): both are looked up. With `stated`, also clauses that ask for nothing.
        """
        found: list[Needs] = []
        before, said = asked.before, ""
        for clause in asking.clauses(asked.own, stated):
            readings = following.readings(clause, before, said, self._vocabulary)
            found += [self._retriever.needs(reading, asked.language) for reading in readings]
            before = readings[-1]
            likest = self._matcher.likest(before, found[-1])
            said = likest.sentences[0].text if likest else ""
        return found
