"""The answer object that every door gives: names are fixed by contract, fields may only be added."""

from typing import Literal

from pydantic import BaseModel, Field

Language = Literal["zh", "en"]
Verdict = Literal["quoted", "supported", "rule"]


class Counterpart(BaseModel):
    """The aligned passage of the other edition."""

    passage_id: str = Field(description="id of the aligned passage")
    language: Language = Field(description="its edition")
    text: str = Field(description="the whole passage, verbatim")
    quote: str = Field(description="the aligned sentence(s) of the other edition, a substring of text")


class Citation(BaseModel):
    """A passage that supports a sentence, with the exact sentence that does."""

    marker: int = Field(description="the number shown in brackets, assigned by code")
    passage_id: str = Field(description="as /v1/passages/{id} takes it")
    language: Language = Field(description="edition of the passage")
    section: str = Field(description="heading path")
    text: str = Field(description="the whole passage, verbatim from the corpus")
    quote: str = Field(description="the supporting sentence(s): text[start:end]")
    start: int = Field(description="characters of text before the quote")
    end: int = Field(description="characters of text up to the end of the quote")
    counterpart: Counterpart = Field(description="the same in the other edition")


class Sentence(BaseModel):
    """One sentence of the answer and what holds it up."""

    text: str = Field(description="one sentence of the answer, without markers")
    citations: list[int] = Field(description="markers of the citations that support it")
    verdict: Verdict = Field(
        description="quoted from the article, supported by the quote, or what the flowchart says"
    )
    reason: str = Field("", description="why the verdict was given")


class Evidence(BaseModel):
    """A sentence of the article that a rule rests on."""

    passage_id: str = Field(description="the passage that holds it")
    quote: str = Field(description="verbatim from the passage")
    counterpart: Counterpart | None = Field(default=None, description="the same in the other edition")


class AskNext(BaseModel):
    """The flowchart's next question when facts are missing."""

    fact: str = Field(description="which fact of the case is missing")
    question: str = Field(description="the flowchart's question, in the asker's language")
    options: list[dict[str, str]] = Field(description="[{'value': ..., 'label': ...}]")


class Recommendation(BaseModel):
    """What the flowchart of the reader's kind says for the facts that are known."""

    audience: Literal["industry", "researcher", "professor", "career", "hobbyist", "beginner"] = Field(
        description="whose flowchart was walked"
    )
    facts: dict[str, str | bool] = Field(description="what is known of the case, by the flowchart's names")
    frameworks: list[str] = Field(description="in the article's order of preference")
    alternatives: list[str] = Field(description="what else the article names for this case")
    strength: Literal["choose", "stick", "consider", "either"] = Field(
        description="how firmly the article says it"
    )
    rule: str = Field(description="id of the flowchart's outcome")
    path: list[str] = Field(description="ids of the flowchart's nodes on the way to it")
    evidence: list[Evidence] = Field(description="the sentences that say so")
    ask_next: AskNext | None = Field(default=None, description="the next question, while facts are missing")


class Timings(BaseModel):
    """Milliseconds since the question arrived, and token counts of the generator."""

    retrieve_ms: float = Field(default=0.0, description="until the passages were found")
    first_token_ms: float | None = Field(
        default=None, description="until the first verified text; null if none"
    )
    total_ms: float = Field(default=0.0, description="until the answer was whole")
    prompt_tokens: int = Field(default=0, description="tokens that the model read")
    new_prompt_tokens: int = Field(default=0, description="of them not computed before")
    completion_tokens: int = Field(default=0, description="tokens that the model wrote")
    cached: bool = Field(default=False, description="kept from the same question, asked before")


class Answer(BaseModel):
    """A whole answer; what is shown, why it may be shown, and how long it took."""

    id: str = Field(description="opaque id of this answer")
    question: str = Field(description="as asked")
    rewritten: str | None = Field(
        None,
        description="a follow-up as understood, standing alone; null where the question did already",
    )
    language: Language = Field(description="of the answer; a question in Traditional script gets that script")
    answer: str = Field(description="prose with markers like [1] after the sentence they support")
    abstained: bool = Field(
        description="the article does not answer: nothing cited, the nearest in also_read"
    )
    sentences: list[Sentence] = Field(description="the answer, sentence by sentence")
    citations: list[Citation] = Field(description="what is cited, in the order of the markers")
    recommendation: Recommendation | None = Field(
        default=None, description="the flowchart's outcome, where advice was asked for"
    )
    ask_next: AskNext | None = Field(
        None, description="a question back, when the advice depends on its answer"
    )
    note: str = Field("", description="a limit of the answer in the assistant's own words, such as its date")
    also_read: list[str] = Field(description="passage ids retrieved and not cited")
    timings: Timings = Field(description="how long it took")
    model: str = Field(description="the generator's name, or 'extractive' when none was used")


class SearchResult(BaseModel):
    """One aligned pair of passages found for a query, shown in the asker's language."""

    passage_id: str = Field(description="as /v1/passages/{id} takes it")
    language: Language = Field(description="edition shown")
    section: str = Field(description="heading path")
    text: str = Field(description="the whole passage, verbatim")
    score: float = Field(description="fused score without a unit; above about 4 is a strong match")
    counterpart: Counterpart = Field(description="the same passage in the other edition")
    source_spans: list[tuple[int, int, int, int]] = Field(
        description="characters: start and end in the Chinese text, start and end in the article as received"
    )


class Turn(BaseModel):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"] = Field(description="who said it")
    content: str = Field(description="what was said")


class Retrieved(BaseModel):
    """Event: the passages found, before anything is said about them."""

    passages: list[SearchResult] = Field(description="best first")


class Token(BaseModel):
    """Event: the next verified text; first of all the citations that are new in it."""

    citations: list[Citation] = Field(default_factory=list, description="those not in an earlier token")
    text: str = Field(description="to be appended to the text so far")


class Final(BaseModel):
    """Event: the whole answer; it is authoritative."""

    answer: Answer = Field(description="the answer object")


Event = Retrieved | Token | Final
