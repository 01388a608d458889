"""What the page draws: strings, turns, the article, the flowcharts; and that no text becomes markup."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import rules
from assistant.answer import Answer, Recommendation
from assistant.conversations import Conversation, StoredTurn
from assistant.rules.decision import spoken, states
from assistant.serving.admission import RefusedError
from assistant.verification import verify_answer
from assistant.web import charts, failures, panels, places, turns
from assistant.web.acts import View
from assistant.web.correcting import advise
from assistant.web.desk import Progress
from assistant.web.markup import TEMPLATES
from assistant.web.strings import EXAMPLES, STRINGS, strings
from assistant.web.unfinished import so_far
from corpus import article, chunking, flowcharts
from corpus.article import LANGUAGES
from corpus.errors import AssistantError, InputError
from tests.webworld import APIS, OUTSIDE, SENSOR, SENSOR_ZH, HeldEngine

NOW = datetime(2022, 1, 1, tzinfo=UTC)
PAYLOADS = (
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "![](http://evil.example/leak)",
    "[click](javascript:window.hacked=1)",
    "<form action=http://evil.example><input name=q></form>",
    "<svg onload='window.hacked = 1'>",
    "<style>body { display: none }</style>",
    '" autofocus onfocus="window.hacked = 1',
    "</article></div><h1>ours</h1>\n\n# theirs\n\n    code",
    "```mermaid\ngraph TD\n```",
    "$$\\href{javascript:window.hacked=1}{x}$$ {{ 7 * 7 }} ${7*7} &lt;b&gt;",
)


class Tags(HTMLParser):
    """The elements of a text with the names of their attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.found.append((tag, tuple(name for name, _ in attributes)))


def kept(answer: Answer | None = None, question: str = "What?", **more: object) -> StoredTurn:
    return StoredTurn(id="1" * 32, question=question, asked=NOW, answer=answer, **more)  # type: ignore[arg-type]


def talk(*turns: StoredTurn) -> Conversation:
    return Conversation(id="c" * 32, title="A talk", created=NOW, changed=NOW, turns=[*turns])


@pytest.fixture(scope="module")
def engine() -> HeldEngine:
    return HeldEngine.scripted()


@pytest.fixture(scope="module")
def advice(engine: HeldEngine) -> Answer:
    return engine.ask(SENSOR)


class TestStrings:
    def test_every_string_stands_in_both_languages(self) -> None:
        for name, english in STRINGS["en"].items():
            chinese = STRINGS["zh"][name]
            assert english and chinese and english != chinese, name
            assert not hasattr(dict, name), "a template would find the method"
            assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", chinese), name

    def test_every_string_is_used_and_every_use_has_its_string(self) -> None:
        code = "".join(
            path.read_text("utf-8")
            for path in TEMPLATES.parent.rglob("*.*")
            if path.suffix in (".py", ".html")
        )
        used = set(re.findall(r"words\.(\w+)", code)) | set(re.findall(r"""\[["'](\w+)["']\]""", code))
        by_value = {"loading", "queued", "searching", "reading", "writing", "zh", "en"}
        by_value |= {"choose", "stick", "consider", "either"}
        by_value |= {
            f"{verdict}{part}" for verdict in ("quoted", "supported", "rule") for part in ("", "_why")
        }
        assert set(STRINGS["en"]) <= used | by_value
        assert set(re.findall(r"words\.(\w+)", code)) - {"get"} <= set(STRINGS["en"])

    def test_every_failure_is_a_sentence_in_the_language_of_the_page(self) -> None:
        kinds = [AssistantError]
        for kind in kinds:
            kinds += kind.__subclasses__()
        for kind in kinds:
            error = kind("Lost.", 1) if issubclass(kind, RefusedError) else kind("Lost.")
            assert failures.sentence(error, "en") == "Lost."
            chinese = failures.sentence(error, "zh")
            assert chinese.endswith("。") or chinese == "服务器出了问题：Lost."

    def test_examples_are_of_every_kind_in_both_languages(self) -> None:
        assert [len(EXAMPLES[language]) for language in LANGUAGES] == [6, 6]


class TestBlocks:
    @settings(max_examples=60, deadline=None)
    @given(st.text(alphabet=st.characters(exclude_categories=("Cs",))) | st.sampled_from(PAYLOADS))
    def test_no_text_becomes_markup(self, advice: Answer, text: str) -> None:
        """Whatever stands in question, answer, quotes, names: the same elements with the same attributes."""
        plain, odd = (
            advice.model_copy(
                deep=True,
                update={
                    "answer": f"{said} [1]",
                    "note": said,
                    "rewritten": said,
                    "sentences": [s.model_copy(update={"text": said}) for s in advice.sentences],
                    "citations": [
                        c.model_copy(update={"quote": said, "section": said}) for c in advice.citations
                    ],
                },
            )
            for said in ("x", text or "x")
        )
        for language in LANGUAGES:
            expected = turns.thread(talk(kept(plain, "x")), None, language)
            found = turns.thread(talk(kept(odd, text or "x", reason=text)), None, language)
            assert Tags(found).found == Tags(expected).found
            assert "\n\n" not in found

    @pytest.mark.parametrize("text", PAYLOADS)
    def test_nor_in_lists_notices_and_progress(self, text: str) -> None:
        progress = Progress("1" * 32, "writing", said=f"{text} [1]")
        harmless = Progress("1" * 32, "writing", said="x [1]")
        for odd, plain in (
            (panels.notice(text), panels.notice("x")),
            (
                turns.turn(kept(None, text), "c", progress, "en"),
                turns.turn(kept(None, "x"), "c", harmless, "en"),
            ),
            (
                turns.turn(kept(None, text, failure=text), "c", None, "en"),
                turns.turn(kept(), "c", None, "en"),
            ),
        ):
            assert Tags(odd).found == Tags(plain).found
            assert "\n\n" not in odd

    def test_a_turn_that_did_not_change_is_drawn_the_same(self, advice: Answer) -> None:
        one, two = (
            kept(advice),
            kept(
                advice,
                "Again?",
            ).model_copy(update={"id": "2" * 32}),
        )
        assert turns.thread(talk(one, two), None, "en").split("\n\n")[0] == turns.thread(
            talk(one), None, "en"
        )


class TestTurns:
    def test_an_answer_shows_its_numbers_sources_and_checks(self, engine: HeldEngine) -> None:
        html = turns.thread(talk(kept(engine.ask(APIS))), None, "en")
        assert 'class="cite" data-do="cite" data-at="deployment-torchserve-01:2-2"' in html
        english, chinese = (
            "TorchServe supports both REST and gRPC APIs.",
            "TorchServe 同时支持 REST 和 gRPC API。",
        )
        assert html.index(f"English edition</span>{english}") < html.index(
            f"Chinese original</span>{chinese}"
        )
        assert '<b class="badge supported">Supported</b>' in html
        assert (
            "[1] Ease of deployment compared: TensorFlow wins › TorchServe&#10;    TorchServe supports"
            in html
        )

    def test_an_answer_that_abstains_shows_what_comes_nearest(self, engine: HeldEngine) -> None:
        html = turns.thread(talk(kept(engine.ask(OUTSIDE))), None, "zh")
        assert "文章里最接近的内容" in html and "核对" not in html
        assert html.count('class="excerpt"') == 3

    def test_advice_shows_its_facts_and_the_way_to_it(self, advice: Answer) -> None:
        html = turns.thread(talk(kept(advice)), None, "zh")
        assert '<span class="fact">读者</span><b>工业界 <svg' in html
        assert 'data-do="correct" data-fact="target" data-value="mobile" >移动应用</button>' in html
        assert html.count("<svg") > html.count('<svg class="icon"') and "✓" in html
        assert 'data-audience="industry" data-facts="target=embedded"' in html

    @pytest.mark.parametrize(
        ("state", "progress"),
        [
            ("interrupted", None),
            ("working", Progress("1" * 32, "searching")),
            ("waiting", Progress("2" * 32, "writing", waiting=("1" * 32,))),
        ],
    )
    def test_an_answer_in_the_making_says_how_far_it_is(self, state: str, progress: Progress | None) -> None:
        for language in LANGUAGES:
            html = turns.turn(kept(), "c", progress, language)
            words = {"interrupted": "interrupted", "working": "searching", "waiting": "waiting"}
            assert f'data-state="{state}"' in html and strings(language)[words[state]] in html

    def test_the_script_of_an_answer_is_named(self, engine: HeldEngine) -> None:
        for question, lang in (
            (SENSOR, "en"),
            (SENSOR_ZH, "zh-Hans"),
            ("公司要做物聯網感測器，該用哪個框架？", "zh-Hant"),
        ):
            assert f'<div class="said" lang="{lang}">' in turns.thread(
                talk(kept(engine.ask(question))), None, "en"
            )

    def test_what_was_said_before_a_stop_holds(self, engine: HeldEngine, advice: Answer) -> None:
        for whole in (advice, engine.ask(APIS)):
            rest = so_far(whole.question, whole.answer, whole.citations, "Stopped by you.")
            assert [s.verdict for s in rest.sentences] == [s.verdict for s in whole.sentences]
            assert rest.citations == whole.citations and rest.note == "Stopped by you."


class TestArticle:
    def test_the_whole_article_stands_in_both_editions(self) -> None:
        text = article.load()
        for language in LANGUAGES:
            shown = [
                said for part in places.parts() for row in part.rows for _, said in getattr(row, language)
            ]
            whole = [s for p in text.edition(language).paragraphs for s in p.sentences]
            joined = " ".join(" ".join(whole).split())
            assert re.sub(r"\s", "", "".join(shown)) == re.sub(r"\s", "", joined)

    def test_the_editions_stand_side_by_side(self) -> None:
        for part in places.parts():
            for row in part.rows:
                assert [at for at, _ in row.zh] == [at for at, _ in row.en]

    def test_every_sentence_of_a_passage_has_its_place(self) -> None:
        shown = {at: said for part in places.parts() for row in part.rows for at, said in row.en}
        for passage in chunking.passages(article.load()):
            for number, (start, end) in enumerate(passage.sentences):
                assert places.place(passage.id, start, end) == f"{passage.id[3:]}:{number}-{number}"
                if passage.language == "en":
                    assert shown[f"{passage.id[3:]}-{number}"] == passage.text[start:end]
        assert places.place("en-gone-01", 0, 5) == ""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_contents_lead_to_sections_that_exist(self, language: article.Language) -> None:
        html = panels.article(language)
        targets = re.findall(r'href="#(part-[\w-]+)"', html)
        assert len(targets) == len(places.parts()) > 40
        assert all(html.count(f'id="{target}"') == 1 for target in targets)


class TestCharts:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_advice_can_be_walked_to_with_its_sentences(self, language: article.Language) -> None:
        found: dict[str, charts.Node] = {}

        def walk(node: charts.Node) -> None:
            for _, follows in node.branches:
                walk(follows)
            if not node.branches:
                found[node.id] = node

        walk(charts.start(language))
        leaves = {leaf.id for chart in flowcharts.load().charts.values() for leaf in chart.leaves}
        reached = {
            rules.decide(name, facts).rule
            for name, chart in flowcharts.load().charts.items()
            for facts in states(chart)
        }
        assert set(found) <= leaves and len(found) >= len(reached & leaves) - 1
        html = panels.charts(language)
        for node in found.values():
            assert node.quotes and all(zh and en and at for zh, en, at in node.quotes)
            assert f'data-leaf="{node.id}"' in html

    def test_a_correction_leads_where_the_flowchart_says(self) -> None:
        """From every situation to every other answer of every question, and to every other reader."""
        tried = 0
        for name, chart in flowcharts.load().charts.items():
            for facts in states(chart):
                now = rules.decide(name, facts).recommendation("en")
                for chip in charts.chips(now, "en", "not said", "Reader"):
                    assert sum(option.chosen for option in chip.options) == 1
                    for option in chip.options:
                        reader, then = charts.corrected(now, chip.fact, option.value)
                        answer = advise("Correction", reader, then, "en", in_traditional=False)
                        tried += 1
                        assert answer.recommendation is not None
                        assert answer.recommendation.rule == rules.decide(reader, then).rule
                        if chip.fact != charts.AUDIENCE:
                            given = {fact: spoken(value) for fact, value in then.items()}
                            assert given.get(chip.fact, "") == option.value
        assert tried > 1500

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_corrected_advice_can_be_verified_again(self, language: article.Language) -> None:
        for name, chart in flowcharts.load().charts.items():
            for leaf in chart.leaves:
                answer = advise("x", name, dict(leaf.conditions), language, in_traditional=False)
                assert verify_answer(answer) == []

    def test_what_no_flowchart_knows_is_refused(self) -> None:
        advice = rules.decide("industry", {"target": "mobile"}).recommendation("en")
        for fact, value in (("audience", "astronaut"), ("target", "moon"), ("colour", "blue")):
            with pytest.raises(InputError):
                charts.corrected(advice, fact, value)

    def test_a_drawing_is_one_line(self) -> None:
        for name in flowcharts.AUDIENCES:
            advice: Recommendation = rules.decide(name, {}).recommendation("zh")
            drawing = charts.drawing(advice, "zh")
            assert drawing.startswith("<svg") and "\n" not in drawing


def test_a_view_survives_its_journey_through_the_page() -> None:
    view = View(conversation="c" * 32, language="zh", search="x")
    assert View.model_validate_json(view.model_dump_json()) == view
