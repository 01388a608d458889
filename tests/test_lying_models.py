"""A language model that lies or fails: advice stays the flowchart's, facts stay the article's."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import phrased
import pytest
from doubles import ScriptedGenerator, ScriptedServer, chunk, event
from liars import Lies, Prompt, contrary, foreign, halves, hedges, markup, miscites, opposite

from assistant import rules
from assistant.answer import Answer, Turn
from assistant.engine import Engine
from assistant.generation import open_generator
from assistant.generation.base import Message
from assistant.settings import load_settings
from assistant.text import clean, normalise
from corpus import article, chunking
from index.embedder import open_embedder
from index.retriever import Retriever

ROOT = Path(__file__).parent.parent
PASSAGES = {passage.id: passage for passage in chunking.passages(article.load())}
ASKED = [
    json.loads(line)
    for line in (ROOT / "evaluation" / "questions" / "calibration.jsonl").read_text("utf-8").splitlines()
]
ADVICE = [item for item in ASKED if item["type"] == "recommendation"]
FACTS = [item for item in ASKED if item["type"] not in ("recommendation", "unanswerable", "meta")]

LIARS: dict[str, Lies] = {
    "opposite": opposite,
    "hedges": hedges,
    "miscites": miscites,
    "foreign": foreign,
    "contrary": contrary,
    "markup": markup,
    "cut-off": halves,
}
"""Models that say one lie for each question, a new one every time."""

FAILURES: dict[str, Callable[[str], list[bytes]]] = {
    "silent": lambda text: [],
    "empty": lambda text: [chunk("", "stop"), event("[DONE]")],
    "blank": lambda text: [chunk(" \n\n [1] \n", "stop")],
    "garbage": lambda text: [event("\x00\xff{not json")],
    "noise": lambda text: [chunk("锟斤拷 烫烫烫 ÿþ ]]}> 0x00 [[[", "stop")],
    "stops": lambda text: [chunk(text + text[: len(text) // 2])],
    "reports": lambda text: [chunk(text[: len(text) // 2]), event({"error": {"message": "out of memory"}})],
    "hangs up": lambda text: [chunk(text[: len(text) // 2])],
    "refuses": lambda text: [],
}
"""Models that fail, given a true sentence to fail at."""

STRIDE = 8
"""Each rule hears every eighth lie, another eighth than the rule before it."""
STEP = 9
"""Of the lies about facts every ninth is told."""


def lying(tell: Callable[[str, Prompt], list[bytes]]) -> Callable[[dict[str, Any]], list[bytes]]:
    """The script of a server that speaks for the model asked for."""
    return lambda payload: tell(payload["model"], Prompt.read(payload["messages"][-1]["content"]))


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    """The shipped index."""
    return Retriever.open()


@pytest.fixture(scope="module")
def engines(retriever: Retriever) -> Iterator[dict[str, Engine]]:
    """An engine for each liar and each failure, all behind real OpenAI-compatible servers."""
    told = dict.fromkeys(LIARS, 0)

    def tell(name: str, prompt: Prompt) -> list[bytes]:
        if name in FAILURES:
            return FAILURES[name](prompt.evidence[0])
        lies, told[name] = LIARS[name](prompt), told[name] + 1
        return [chunk(lies[told[name] % len(lies)]), chunk("", "length"), event("[DONE]")]

    with ExitStack() as stack:
        talks = stack.enter_context(ScriptedServer(lying(tell)))
        urls = {name: talks.url for name in (*LIARS, *FAILURES)}
        urls["refuses"] = stack.enter_context(ScriptedServer(lying(tell), status=500)).url
        urls["hangs up"] = stack.enter_context(ScriptedServer(lying(tell), promised=100_000)).url
        settings = load_settings(deadline_seconds=10.0, cache=0)
        found = {
            name: Engine(retriever, open_generator(f"openai:{url}#{name}", settings), settings)
            for name, url in urls.items()
        }
        for engine in found.values():
            stack.callback(engine.close)
        yield found


@pytest.fixture(scope="module")
def lied_to(retriever: Retriever) -> Callable[..., Iterator[tuple[str, Answer]]]:
    """(lie, answer) for each lie told alone, every `step`-th of them."""

    def ask(
        lies: Lies, question: str, history: Sequence[Turn] = (), step: int = 1
    ) -> Iterator[tuple[str, Answer]]:
        prompts: list[Prompt] = []

        def reply(messages: Sequence[Message]) -> str:
            prompts.append(Prompt.read(messages[-1]["content"]))
            return said

        said = ""
        engine = Engine(retriever, ScriptedGenerator(reply), load_settings(cache=0))
        engine.ask(question, history)
        for said in lies(prompts[0])[::step] if prompts else []:
            yield said, engine.ask(question, history)

    return ask


def unfit(answer: Answer) -> list[str]:
    """What no answer may show, whatever it is about."""
    faults = []
    for sentence in answer.sentences:
        chinese = re.search("[\u4e00-\u9fff]", sentence.text) is not None
        if chinese != (answer.language == "zh"):
            faults.append(f"in the other language: {sentence.text}")
        if not re.search(r"[.。!！?？][\"”」』]?$", sentence.text):
            faults.append(f"not a whole sentence: {sentence.text}")
        if not sentence.citations:
            faults.append(f"cites nothing: {sentence.text}")
    for c in answer.citations:
        own, twin = PASSAGES[c.passage_id], PASSAGES[c.counterpart.passage_id]
        if (c.text, c.counterpart.text) != (own.text, twin.text) or c.text[c.start : c.end] != c.quote:
            faults.append(f"not the article's: {c.quote}")
        if not c.quote or c.counterpart.quote not in twin.text or own.counterpart_id != twin.id:
            faults.append(f"no quote of the other edition: {c.counterpart.quote}")
    if clean(answer.answer) != answer.answer or re.search(r"[<>`\\#]|\]\(|://", answer.answer):
        faults.append(f"markup: {answer.answer!r}")
    return faults


def own_words(answer: Answer) -> list[str]:
    """Sentences that neither the article nor a flowchart says."""
    return [s.text for s in answer.sentences if s.verdict != "rule" and folded(s.text) not in EDITIONS]


def folded(text: str) -> str:
    """A text without spaces, script and width."""
    return re.sub(r"\s", "", normalise(text))


EDITIONS = " ".join(folded(passage.text) for passage in PASSAGES.values())


def disagreeing(answer: Answer, outcome: rules.Outcome | None) -> list[str]:
    """How an answer departs from the flowchart's outcome, in its recommendation or in its words."""
    faults = unfit(answer)
    told = answer.recommendation
    if outcome is None:
        return [*faults, "advice from nowhere"] if told else faults
    if told is None or (told.rule, *told.frameworks) != (outcome.rule, *outcome.frameworks):
        faults.append(f"recommends {told and told.frameworks}, not {outcome.frameworks}")
    verdict = rules.holds([s.text for s in answer.sentences], answer.language, outcome)
    return faults if verdict else [*faults, f"{verdict.reason}: {answer.answer}"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("audience", rules.load_flowcharts())
def test_advice_is_the_flowcharts_in_every_state(
    engines: dict[str, Engine], audience: str, language: str
) -> None:
    others = cycle(name for name in engines if name != "opposite")
    states = [(facts, asked) for reader, facts, asked in phrased.questions(language) if reader == audience]
    assert states
    faults = []
    for facts, question in states:
        outcome = rules.decide(audience, facts)
        for name in ("opposite", *islice(others, 2)):
            faults += [(name, question, f) for f in disagreeing(engines[name].ask(question), outcome)]
    assert faults == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_lie_told_alone_bends_any_rule(
    lied_to: Callable[..., Iterator[tuple[str, Answer]]], language: str
) -> None:
    questions = {rules.decide(a, facts).rule: (a, facts, q) for a, facts, q in phrased.questions(language)}
    told, faults = 0, []
    for offset, (audience, facts, question) in enumerate(questions.values()):
        outcome = rules.decide(audience, facts)

        def some(prompt: Prompt, offset: int = offset) -> list[str]:
            kinds = (opposite, hedges, miscites, foreign)
            return [lie for kind in kinds for lie in kind(prompt)][offset % STRIDE :: STRIDE]

        for lie, answer in lied_to(some, question):
            told += 1
            faults += [(lie, question, fault) for fault in disagreeing(answer, outcome)]
    assert told > 500
    assert faults == []


def test_advice_in_peoples_words_is_the_flowcharts(engines: dict[str, Engine]) -> None:
    others = cycle(name for name in engines if name != "opposite")
    faults = []
    likely = rules.Likely.open(open_embedder())
    for item in ADVICE:
        outcome = rules.recognise(item["question"], (), likely).outcome()
        for name in ("opposite", *islice(others, 7)):
            answer = engines[name].ask(item["question"])
            faults += [(name, item["id"], fault) for fault in disagreeing(answer, outcome)]
    assert faults == []


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_model_leaves_the_articles_own_words(
    engines: dict[str, Engine], retriever: Retriever, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    extractive = Engine(retriever, None, load_settings())
    for question in (
        "I am a researcher and do not train on TPUs. Which framework should I use?",
        "我们公司要做一个移动应用,该用哪个框架?",
        "Which APIs does TorchServe support?",
        "TFLite 是做什么用的?",
    ):
        with caplog.at_level(logging.WARNING):
            answer, plain = engines[failure].ask(question), extractive.ask(question)
        assert not answer.abstained and unfit(answer) == []
        assert answer.sentences[0] == plain.sentences[0]
        assert {s.verdict for s in answer.sentences} <= {"rule", "quoted"}
        assert answer.recommendation == plain.recommendation
        if failure not in ("empty", "blank", "noise"):
            assert answer.model in ("extractive", failure)
            assert "the language model failed" in caplog.text


@pytest.mark.parametrize("lies", [contrary, markup, foreign], ids=lambda lies: lies.__name__)
def test_no_lie_about_a_fact_is_shown(
    lied_to: Callable[..., Iterator[tuple[str, Answer]]], lies: Lies
) -> None:
    told, faults = 0, []
    for item in FACTS:
        history = [Turn(**turn) for turn in item["history"]]
        for lie, answer in lied_to(lies, item["question"], history, step=STEP):
            told += 1
            faults += [(item["id"], lie, fault) for fault in (*unfit(answer), *own_words(answer))]
    assert told > 100
    assert faults == []
