"""HTTP routes over the rule layer: advice for known facts, and the flowcharts; they need no model."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from assistant import rules
from assistant.answer import Language, Recommendation
from assistant.api import problems
from assistant.api.article import NotFoundError
from assistant.facts import read_facts
from corpus.flowcharts import AUDIENCES, Audience, Flowchart, Role, Strength, Text, Value

router = APIRouter(prefix="/v1", tags=["advice"])

MEDIA_TYPES = {"json": "application/json", "mermaid": "text/vnd.mermaid", "svg": "image/svg+xml"}


Word = Annotated[str, Field(max_length=64)]
"""A name or a value; a longer one than any flowchart has would only fill the sentence that refuses it."""


class RecommendRequest(BaseModel):
    """A reader of the article and what is known about the case."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"audience": "industry", "facts": {"target": "mobile"}},
                {"audience": "professor", "language": "zh"},
            ]
        },
    )

    audience: Audience = Field(description="who asks")
    facts: dict[Word, Word | bool] = Field(
        {}, max_length=20, description="named as in the reader's flowchart"
    )
    language: Language = Field("en", description="language of the evidence and of the next question")


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class OptionView(_View):
    """An answer to a question."""

    value: Value = Field(description="what to send as the fact's value")
    label: Text = Field(description="what to show")


class QuestionView(_View):
    """A decision: which value does the fact have?"""

    fact: str = Field(description="name of the fact")
    text: Text = Field(description="the question")
    options: tuple[OptionView, ...] = Field(description="its possible answers")


class QuoteView(_View):
    """A sentence of the article in both editions."""

    passage_id: str = Field(description="the Chinese passage that holds it")
    zh: str = Field(description="the Chinese sentence")
    en: str = Field(description="the English sentence")


class SupportView(_View):
    """A quote and what it does for its leaf."""

    quote: QuoteView = Field(description="the sentence")
    role: Role = Field(description="what it does for the outcome")


class LeafView(_View):
    """An outcome: it holds where all of `when` does, unless a leaf above it holds too."""

    id: str = Field(description="as `rule` in a recommendation")
    when: dict[str, Value | tuple[Value, ...]] = Field(description="the facts that lead here")
    exception_to: tuple[str, ...] = Field(description="outcomes that it goes before")
    frameworks: tuple[str, ...] = Field(description="in the article's order of preference")
    alternatives: tuple[str, ...] = Field(description="what else the article names")
    strength: Strength = Field(description="how firmly the article says it")
    text: Text = Field(description="the outcome in a sentence")
    evidence: tuple[SupportView, ...] = Field(description="the sentences that say so")


class FlowchartView(_View):
    """One reader's flowchart; its leaves stand most specific first, the default last."""

    audience: Audience = Field(description="whose flowchart")
    label: Text = Field(description="what to call them")
    questions: tuple[QuestionView, ...] = Field(description="the decisions")
    leaves: tuple[LeafView, ...] = Field(description="the outcomes, most specific first")


class FlowchartsView(BaseModel):
    """All six."""

    flowcharts: list[FlowchartView] = Field(description="in the article's order")


@router.post("/recommend", responses=problems.documented(400, 401, 413, 415, 422))
def recommend(body: RecommendRequest) -> Recommendation:
    """What the article advises this reader, by its flowchart, with the sentences that say so."""
    return rules.decide(body.audience, body.facts).recommendation(body.language)


@router.get("/flowcharts", responses=problems.documented(401))
def flowcharts() -> FlowchartsView:
    """The six flowcharts as data."""
    return FlowchartsView(flowcharts=[_view(chart) for chart in rules.load_flowcharts().values()])


@router.get(
    "/flowcharts/{audience}",
    response_model=FlowchartView,
    responses={
        200: {"content": {MEDIA_TYPES["mermaid"]: {"schema": {"type": "string"}}, MEDIA_TYPES["svg"]: {}}},
        **problems.documented(401, 404, 422),
    },
)
def flowchart(
    audience: Annotated[str, Path(max_length=64, description="whose flowchart", examples=["industry"])],
    format: Annotated[
        Literal["json", "mermaid", "svg"] | None, Query(description="instead of the Accept header")
    ] = None,
    language: Annotated[Language, Query(description="language of a drawing")] = "en",
    fact: Annotated[
        list[Annotated[str, Field(max_length=130)]] | None,
        Query(max_length=20, description="known facts, name=value: a drawing marks the way they lead"),
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response | FlowchartView:
    """One reader's flowchart: JSON, a Mermaid diagram or an SVG drawing."""
    chart = rules.load_flowcharts().get(audience)
    if chart is None:
        raise NotFoundError(f"There is no flowchart of that name; there are {', '.join(AUDIENCES)}.")
    wanted = format or _accepted(accept)
    if wanted == "json":
        return _view(chart)
    path = rules.decide(audience, read_facts(fact or ())).path if fact else ()
    draw = rules.draw if wanted == "svg" else rules.mermaid
    return Response(draw(audience, language, path), media_type=MEDIA_TYPES[wanted])


def _accepted(accept: str) -> Literal["json", "mermaid", "svg"]:
    if MEDIA_TYPES["svg"] in accept:
        return "svg"
    return "mermaid" if MEDIA_TYPES["mermaid"] in accept else "json"


def _view(chart: Flowchart) -> FlowchartView:
    return FlowchartView.model_validate(chart)
