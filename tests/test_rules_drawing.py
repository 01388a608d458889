"""The flowcharts drawn: every question, answer and leaf is there, and the way walked is marked."""

import re
from xml.etree import ElementTree

import pytest

from assistant.rules import decide, draw, load_flowcharts, mermaid
from assistant.rules.decision import states
from assistant.rules.drawing import WIDTH, wrapped
from assistant.rules.tree import Ask, leaves, steps, tree
from corpus.errors import InputError

SVG = "{http://www.w3.org/2000/svg}"
CHARTS = list(load_flowcharts().values())


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.audience)
def test_the_tree_reaches_every_leaf(chart):
    assert set(leaves(tree(chart))) == {leaf.id for leaf in chart.leaves}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.audience)
def test_every_path_is_a_way_through_the_tree(chart):
    root = tree(chart)
    for facts in states(chart):
        outcome = decide(chart.audience, facts)
        way = list(steps(root, outcome.path))
        end = way[-1].branch.node if way else root
        assert not isinstance(end, Ask)
        assert end.id == outcome.rule
        assert all((step.ask.question.fact in facts) == step.answered for step in way)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.audience)
def test_the_svg_says_everything_in_one_narrow_column(chart, language):
    root = ElementTree.fromstring(draw(chart.audience, language))
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    said = re.sub(r"\s+", "", "".join(texts))
    for words in (
        *(q.text[language] for q in chart.questions),
        *(leaf.text[language] for leaf in chart.leaves),
    ):
        assert re.sub(r"\s+", "", words) in said
    assert float(root.get("width")) == WIDTH <= 375
    assert "✓" not in said


def test_the_way_walked_is_marked_in_both_drawings():
    path = decide("industry", {"target": "mobile", "media_input": True}).path
    plain, marked = draw("industry", "en"), draw("industry", "en", path)
    assert "TensorFlow ✓" in marked
    assert marked.count('stroke-width="3"') > plain.count('stroke-width="3"') == 0
    text = mermaid("industry", "en", path)
    assert '==>|"A mobile app"| ' in text
    assert "classDef walked" in text
    assert "==>" not in mermaid("industry", "en")


def test_a_drawing_loads_nothing():
    for chart in CHARTS:
        svg = draw(chart.audience, "zh")
        assert "<script" not in svg
        assert {url for url in re.findall(r"https?://[^\"]+", svg)} <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }


def test_an_unknown_reader_is_told_which_exist():
    with pytest.raises(InputError, match="industry, researcher"):
        draw("baker", "en")


def test_lines_break_between_words_and_never_before_punctuation():
    assert list(wrapped("one two three", 60, 13)) == ["one two", "three"]
    assert list(wrapped("一二三四五，六七", 65, 13)) == ["一二三四五，", "六七"]
