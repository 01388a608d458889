"""A labelled question: what is asked, and what a right answer to it holds."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.answer import Turn
from corpus.errors import InputError

SETS = Path(__file__).parent / "questions"
"""Where the labelled questions lie, and nothing else does."""
UNREAD = "dev"
"""The set that nothing is fitted on."""


class Advice(BaseModel):
    """The advice that a right answer gives.

    Only `frameworks` may be named and none of `banned`. Where the article names an order, one of `primary`
    comes first. Where it leaves the choice `open`, naming a single one is wrong and naming none is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    audience: str
    frameworks: list[str]
    banned: list[str] = Field(alias="not")
    primary: list[str] = []
    open: bool = False


class Question(BaseModel):
    """One line of a set.

    `must` are groups of patterns, each of which has to be met by one of its alternatives; none of `must_not`
    may be met. `evidence` are groups of quotes of the Chinese edition, any one of a group serves. `kind` is
    the line's `type`, `lang` one of zh, zh-Hant, en and mixed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    lang: str
    kind: str = Field(alias="type")
    history: list[Turn]
    question: str
    answerable: bool
    must: list[list[str]]
    must_not: list[str]
    evidence: list[list[str]]
    recommend: Advice | None


def ours() -> list[str]:
    """Names of the sets that anything may be fitted on: all but the development questions."""
    return sorted(path.stem for path in SETS.glob("*.jsonl") if path.stem != UNREAD)


def path_of(name: str) -> Path:
    """The file of a set named without its ending, or of a path."""
    inside = SETS / f"{name}.jsonl"
    return inside if inside.is_file() else Path(name)


def read(path: Path) -> list[Question]:
    """The questions of a JSONL file, in order. Raises InputError naming the first line that is none."""
    questions: list[Question] = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path} ({error}); give a JSONL file of labelled questions.") from error
    for number, line in enumerate(lines, 1):
        try:
            questions += [Question.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "the line"
            raise InputError(f"{path}, line {number}, {where}: {fault['msg']}; mend the line.") from error
    if len({question.id for question in questions}) < len(questions) or not questions:
        raise InputError(f"{path} holds no questions, or two with one id; each line needs its own id.")
    return questions
