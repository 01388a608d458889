"""HTTP routes over the article itself; they need no model."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from assistant.answer import Language
from assistant.api import problems
from assistant.citing import heading
from corpus import article, chunking
from corpus.chunking import Passage
from corpus.errors import InputError

router = APIRouter(prefix="/v1", tags=["article"])


class NotFoundError(InputError):
    """There is no passage or flowchart of that name."""

    status = 404


class AlignedPassage(BaseModel):
    """The same passage in the other edition."""

    passage_id: str = Field(description="as /v1/passages/{id} takes it")
    language: Language = Field(description="its edition")
    text: str = Field(description="verbatim from the corpus")
    sentences: list[tuple[int, int]] = Field(description="(start, end) of each sentence in text")


class PassageView(AlignedPassage):
    """A passage; sentence i of it is the translation of sentence i of its counterpart."""

    section: str = Field(description="heading path")
    paragraph_id: str = Field(description="the paragraph it is cut from")
    counterpart: AlignedPassage = Field(description="the same passage in the other edition")


@router.get("/passages/{passage_id}", responses=problems.documented(401, 404, 422))
def passage(
    passage_id: Annotated[
        str,
        Path(
            max_length=100,
            description="as a citation names it",
            examples=["en-deployment-tensorflow-lite-01"],
        ),
    ],
) -> PassageView:
    """One passage as a citation names it, with its counterpart."""
    by_id = {passage.id: passage for passage in chunking.passages(article.load())}
    found = by_id.get(passage_id)
    if found is None:
        raise NotFoundError("There is no passage of that id; search results name those there are.")
    return PassageView(
        **_aligned(found).model_dump(),
        section=heading(found),
        paragraph_id=found.paragraph_id,
        counterpart=_aligned(by_id[found.counterpart_id]),
    )


def _aligned(passage: Passage) -> AlignedPassage:
    return AlignedPassage(
        passage_id=passage.id,
        language=passage.language,
        text=passage.text,
        sentences=list(passage.sentences),
    )
