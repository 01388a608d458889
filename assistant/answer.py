"""The answer object that every door gives: names are fixed by contract, fields may only be added."""

from typing import Literal

from pydantic import BaseModel, Field

Language = Literal["zh", "en"]
Verdict = Literal["quoted", "supported", "rule"]


class Counterpart(BaseModel):
    """The aligned passage of the other edition."""

    passage_id: str
    language: Language
    text: str
    quote: str = Field(description="the aligned sentence(s) of the other edition, a substring of text")


class Citation(BaseModel):
    """A passage that supports a sentence, with the exact sentence that does."""

    marker: int = Field(description="the number shown in brackets, assigned by code")
    passage_id: str
    language: Language
    section: str = Field(description="heading path")
    text: str = Field(description="the whole passage, verbatim from the corpus")
    quote: str = Field(description="the supporting sentence(s): text[start:end]")
    start: int
    end: int
    counterpart: Counterpart


class Sentence(BaseModel):
    """One sentence of the answer and what holds it up."""

    text: str
    citations: list[int]
    verdict: Verdict
    reason: str = Field("", description="why the verdict was given")


class Evidence(BaseModel):
    """A sentence of the article that a rule rests on."""

    passage_id: str
    quote: str
    counterpart: Counterpart | None = None


class AskNext(BaseModel):
    """The flowchart's next question when facts are missing."""

    fact: str
    question: str
    options: list[dict[str, str]] = Field(description="[{'value': ..., 'label': ...}]")


class Recommendation(BaseModel):
    """What the flowchart of the reader's kind says for the facts that are known."""

    audience: Literal["industry", "researcher", "professor", "career", "hobbyist", "beginner"]
    facts: dict[str, str | bool]
    frameworks: list[str] = Field(description="in the article's order of preference")
    alternatives: list[str]
    strength: Literal["choose", "stick", "consider", "either"]
    rule: str
    path: list[str]
    evidence: list[Evidence]
    ask_next: AskNext | None = None


class Timings(BaseModel):
    """Milliseconds since the question arrived, and token counts of the generator."""

    retrieve_ms: float = 0.0
    first_token_ms: float | None = None
    total_ms: float = 0.0
    prompt_tokens: int = 0
    new_prompt_tokens: int = 0
    completion_tokens: int = 0


class Answer(BaseModel):
    """A whole answer; what is shown, why it may be shown, and how long it took."""

    id: str
    question: str
    rewritten: str | None = Field(
        None,
        description="a follow-up as understood, standing alone; null where the question did already",
    )
    language: Language
    answer: str = Field(description="prose with markers like [1] after the sentence they support")
    abstained: bool
    sentences: list[Sentence]
    citations: list[Citation]
    recommendation: Recommendation | None = None
    ask_next: AskNext | None = Field(
        None, description="a question back, when the advice depends on its answer"
    )
    note: str = Field("", description="a limit of the answer in the assistant's own words, such as its date")
    also_read: list[str] = Field(description="passage ids retrieved and not cited")
    timings: Timings
    model: str = Field(description="the generator's name, or 'extractive' when none was used")


class SearchResult(BaseModel):
    """One aligned pair of passages found for a query, shown in the asker's language."""

    passage_id: str
    language: Language
    section: str
    text: str
    score: float
    counterpart: Counterpart
    source_spans: list[tuple[int, int, int, int]] = Field(
        description="characters: start and end in the Chinese text, start and end in the article as received"
    )


class Turn(BaseModel):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


class Retrieved(BaseModel):
    """Event: the passages found, before anything is said about them."""

    passages: list[SearchResult]


class Token(BaseModel):
    """Event: the next verified text, with the citations that first appear in it."""

    text: str
    citations: list[Citation] = Field(default_factory=list)


class Final(BaseModel):
    """Event: the whole answer; it is authoritative."""

    answer: Answer


Event = Retrieved | Token | Final
