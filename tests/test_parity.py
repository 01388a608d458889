"""The same question, the same answer: through every door, whole or streamed."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from doors import api_over, serving
from doubles import ScriptedServer, chunk, event
from liars import Prompt

from assistant.answer import Final, Turn
from assistant.conversations import OFF, Conversations
from assistant.engine import Engine
from assistant.serving import note
from assistant.settings import load_settings
from assistant.terminal.cli import main
from assistant.terminal.remote import Remote
from assistant.web.acts import View, Visit
from assistant.web.desk import Desk
from tests.webworld import service, until

MODEL = "framework-assistant"


@dataclass(frozen=True)
class Asked:
    """A question, the language wanted, and the question before it in the same conversation."""

    question: str
    language: str = "auto"
    before: str = ""


QUESTIONS = (
    Asked("Which APIs does TorchServe support?"),
    Asked("TorchServe 支持哪些 API?"),
    Asked("TorchServe 支援哪些 API?"),
    Asked("What is TensorFlow Lite for?", "zh"),
    Asked("I work on mobile apps. Which framework should I use?"),
    Asked("我是教授,该教哪个框架?"),
    Asked("What is the capital of France?"),
    Asked("今天天气怎么样?"),
    Asked("And TensorFlow?", before="How can PyTorch models be deployed?"),
)


def says(payload: dict[str, Any]) -> list[bytes]:
    """What the model says: a sentence that it was given, and one that nothing supports."""
    prompt = Prompt.read(payload["messages"][-1]["content"])
    lie = prompt.say("它每月收费 49 美元。", "It costs 49 dollars a month.")
    return [chunk(f"{prompt.evidence[-1]} [{len(prompt.evidence)}] {lie} [1]"), event("[DONE]")]


class House:
    """One engine behind every door, and what they open to."""

    def __init__(self, engine: Engine, client: httpx.Client, llm: str) -> None:
        self.engine, self.client, self.llm = engine, client, llm
        self.url = str(client.base_url).rstrip("/")
        self.desk = Desk(service(engine), Conversations.open(OFF))
        self.batch: dict[str, dict[str, Any]] = {}

    def history(self, asked: Asked) -> list[Turn]:
        """What was said before."""
        if not asked.before:
            return []
        said = self.engine.ask(asked.before).answer
        return [Turn(role="user", content=asked.before), Turn(role="assistant", content=said)]

    def body(self, asked: Asked) -> dict[str, Any]:
        """The question for /v1/ask."""
        history = [turn.model_dump() for turn in self.history(asked)]
        return {"question": asked.question, "language": asked.language, "history": history}

    def messages(self, asked: Asked) -> dict[str, Any]:
        """The question for /v1/chat/completions."""
        body = self.body(asked)
        return {
            "messages": [*body["history"], {"role": "user", "content": asked.question}],
            "language": asked.language,
        }


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        llm = f"openai:{stack.enter_context(ScriptedServer(says)).url}#scripted"
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("ASSISTANT_CACHE", "0")
        engine = Engine.open(load_settings(llm=llm))
        url = stack.enter_context(serving(api_over(engine)))
        house = House(engine, stack.enter_context(httpx.Client(base_url=url, timeout=30)), llm)
        house.batch = answered_by_batch(house, tmp_path_factory.mktemp("batch"))
        yield house
        house.desk.close()


def answered_by_batch(house: House, folder: Path) -> dict[str, dict[str, Any]]:
    """What `assistant ask --batch` answers, with an engine of its own."""
    lines = [json.dumps({"id": asked.question, **house.body(asked)}) for asked in QUESTIONS]
    (folder / "in.jsonl").write_text("\n".join(lines), "utf-8")
    with pytest.raises(SystemExit) as stop:
        files = ["--batch", str(folder / "in.jsonl"), "--out", str(folder / "out.jsonl")]
        main(["ask", *files, "--llm", house.llm])
    assert not stop.value.code
    answers = map(json.loads, (folder / "out.jsonl").read_text("utf-8").splitlines())
    return {answer["id"]: answer for answer in answers}


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    """(name, data) of server-sent events."""
    blocks = [block.split("\n", 1) for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def streamed(house: House, asked: Asked) -> dict[str, Any]:
    reply = house.client.post("/v1/ask", json=house.body(asked), headers={"accept": "text/event-stream"})
    events = events_of(reply.text)
    final = events[-1][1]
    assert "".join(data["text"] for name, data in events if name == "token") == final["answer"]
    return final


def completion(house: House, asked: Asked) -> dict[str, Any]:
    reply = house.client.post("/v1/chat/completions", json=house.messages(asked)).json()
    answer: dict[str, Any] = reply["assistant"]
    assert reply["choices"][0]["message"]["content"] == answer["answer"]
    return answer


def streamed_completion(house: House, asked: Asked) -> dict[str, Any]:
    said = house.messages(asked)
    with openai.OpenAI(base_url=f"{house.url}/v1", api_key="none") as client:
        chunks = list(
            client.chat.completions.create(
                model=MODEL,
                messages=said["messages"],
                stream=True,
                extra_body={"language": said["language"]},
            )
        )
    answer: dict[str, Any] = chunks[-1].assistant
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == answer["answer"]
    return answer


def page(house: House, asked: Asked) -> dict[str, Any]:
    visit = Visit(house.desk, "me", View())
    for question in filter(None, (asked.before, asked.question)):
        visit.perform("ask", {"text": question})
        until(lambda: house.desk.progress(visit.view.conversation) is None)
    conversation = visit.shown()
    assert conversation and conversation.turns[-1].answer
    return conversation.turns[-1].answer.model_dump(mode="json")


def batch(house: House, asked: Asked) -> dict[str, Any]:
    return house.batch[asked.question]


def remote(house: House, asked: Asked) -> dict[str, Any]:
    *_, last = Remote(house.url).stream(asked.question, house.history(asked), asked.language)
    assert isinstance(last, Final)
    return last.answer.model_dump(mode="json")


DOORS: tuple[Callable[[House, Asked], dict[str, Any]], ...] = (
    streamed,
    completion,
    streamed_completion,
    page,
    batch,
    remote,
)


def same(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs each time."""
    return {name: value for name, value in answer.items() if name not in ("id", "timings")}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.question)
def test_every_door_gives_the_same_answer(house: House, asked: Asked, door) -> None:
    if door is page and asked.language != "auto":
        asked = Asked(asked.question)  # the page answers in the language of the question
    direct = house.engine.ask(asked.question, house.history(asked), asked.language)
    whole = house.client.post("/v1/ask", json=house.body(asked)).json()
    assert same(whole) == same(direct.model_dump(mode="json"))
    assert same(door(house, asked)) == same(whole)


def test_some_are_worded_by_the_model(house: House) -> None:
    models = [answer["model"] for answer in house.batch.values()]
    assert models.count("scripted") >= 4


def test_ask_in_a_terminal_gives_it_too(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    asked = QUESTIONS[0]
    note.leave(house.url, house.llm)
    with pytest.raises(SystemExit):
        main(["ask", "--json", asked.question, "--llm", house.llm])
    out, err = capsys.readouterr()
    assert house.url in err
    assert same(json.loads(out)) == same(house.engine.ask(asked.question).model_dump(mode="json"))


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.question)
def test_every_marker_leads_to_a_sentence_of_its_passage(house: House, asked: Asked) -> None:
    reply = house.client.post("/v1/chat/completions", json=house.messages(asked)).json()
    message, answer = reply["choices"][0]["message"], reply["assistant"]
    places = [annotation["url_citation"] for annotation in message["annotations"]]
    markers = [marker for sentence in answer["sentences"] for marker in sentence["citations"]]
    shown = [message["content"][place["start_index"] : place["end_index"]] for place in places]
    assert shown == [f"[{marker}]" for marker in markers]
    cited = {citation["marker"]: citation for citation in answer["citations"]}
    for marker, place in zip(markers, places, strict=True):
        passage = house.client.get(httpx.URL(place["url"]).path).json()
        citation = cited[marker]
        assert passage["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert passage["section"] == place["title"]
    assert [source["source"]["id"] for source in reply["sources"]] == [
        citation["passage_id"] for citation in answer["citations"]
    ]
