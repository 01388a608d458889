"""Questions that name nothing: those that stand alone, and those that lean on the one before."""

import pytest

from assistant.standing import Standing
from corpus import article, chunking
from index.retriever import Retriever


@pytest.fixture(scope="module")
def standing() -> Standing:
    return Standing(Retriever.open(), [p.text for p in chunking.passages(article.load())])


@pytest.mark.parametrize(
    "question",
    [
        "Where do penguins hatch their eggs?",
        "Who painted the ceiling of the chapel?",
        "蛋糕要烤几分钟才熟?",
        "My startup sells thermostats, so which framework should we take?",
        "我们工厂的传感器上该用哪个框架?",
    ],
)
def test_another_topic_and_a_case_of_ones_own_stand_alone(standing: Standing, question: str) -> None:
    assert standing.alone(question, "zh" if question > "\u3000" else "en")


@pytest.mark.parametrize("question", ["Is the gap getting bigger?", "为什么后来的人越来越多?"])
def test_what_speaks_of_the_articles_matters_may_lean(standing: Standing, question: str) -> None:
    assert not standing.alone(question, "zh" if question > "\u3000" else "en")
