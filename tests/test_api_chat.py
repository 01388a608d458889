"""OpenAI's protocol, spoken by OpenAI's own client."""

from collections.abc import Iterator

import httpx
import openai
import pytest
from doors import api_over, serving
from doubles import EN, ZH, CannedEngine
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from assistant.answer import Answer

ASK = [{"role": "user", "content": "What is there?"}]
MODEL = "framework-assistant"


@pytest.fixture(scope="module")
def canned() -> CannedEngine:
    return CannedEngine()


@pytest.fixture(scope="module")
def url(canned: CannedEngine) -> Iterator[str]:
    with serving(api_over(canned)) as url:
        yield url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=20) as client:
        yield client


class TestCompletions:
    def test_whole(self, client: openai.OpenAI, url: str) -> None:
        completion = client.chat.completions.create(model=MODEL, messages=ASK)
        ChatCompletion.model_validate(completion.model_dump())
        (choice,) = completion.choices
        assert (completion.object, completion.model) == ("chat.completion", MODEL)
        assert (choice.index, choice.finish_reason, choice.message.role) == (0, "stop", "assistant")
        assert choice.message.content == f"{EN} [1]"
        (annotation,) = choice.message.annotations
        cited = annotation.url_citation
        assert choice.message.content[cited.start_index : cited.end_index] == "[1]"
        assert (cited.title, cited.url) == ("Deployment", f"{url}/v1/passages/en-deploy-01")

    def test_carries_the_answer_object_and_open_webuis_sources(self, client: openai.OpenAI) -> None:
        completion = client.chat.completions.create(model=MODEL, messages=ASK)
        answer = Answer.model_validate(completion.assistant)
        assert answer.answer == completion.choices[0].message.content
        (source,) = completion.sources
        assert source["source"]["id"] == answer.citations[0].passage_id
        assert source["document"] == [answer.citations[0].text]
        assert source["metadata"][0]["quote"] == answer.citations[0].quote

    def test_streamed(self, client: openai.OpenAI) -> None:
        chunks = list(client.chat.completions.create(model=MODEL, messages=ASK, stream=True))
        for chunk in chunks:
            ChatCompletionChunk.model_validate(chunk.model_dump())
        assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1
        assert chunks[0].choices[0].delta.role == "assistant"
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == f"{EN} [1]"
        assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
        assert Answer.model_validate(chunks[-1].assistant).answer == f"{EN} [1]"
        assert all(chunk.usage is None for chunk in chunks)

    def test_sources_go_ahead_of_the_text_that_uses_them(self, client: openai.OpenAI) -> None:
        told: set[str] = set()
        text = ""
        for chunk in client.chat.completions.create(model=MODEL, messages=ASK, stream=True):
            delta = chunk.choices[0].delta
            told |= {source["source"]["id"] for source in getattr(chunk, "sources", None) or []}
            for annotation in getattr(delta, "annotations", None) or []:
                place = annotation["url_citation"]
                assert place["start_index"] >= len(text)
                assert place["url"].rpartition("/")[2] in told
            if "[1]" in (delta.content or ""):
                assert told == {"en-deploy-01"}
            text += delta.content or ""
        assert "[1]" in text

    def test_the_clients_own_accumulator_adds_the_chunks_up(self, client: openai.OpenAI) -> None:
        whole = client.chat.completions.create(model=MODEL, messages=ASK)
        with client.chat.completions.stream(model=MODEL, messages=ASK) as stream:
            final = stream.get_final_completion()
        assert final.choices[0].message.content == whole.choices[0].message.content
        assert final.choices[0].message.annotations == whole.choices[0].message.annotations

    def test_usage_comes_last_when_asked_for(self, client: openai.OpenAI) -> None:
        whole = client.chat.completions.create(model=MODEL, messages=ASK).usage
        *chunks, last = client.chat.completions.create(
            model=MODEL, messages=ASK, stream=True, stream_options={"include_usage": True}
        )
        assert last.choices == []
        assert last.usage == whole
        assert whole.total_tokens == whole.prompt_tokens + whole.completion_tokens
        assert all(chunk.usage is None for chunk in chunks)

    def test_ends_as_the_protocol_says(self, url: str) -> None:
        reply = httpx.post(f"{url}/v1/chat/completions", json={"messages": ASK, "stream": True})
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.text.endswith("\n\ndata: [DONE]\n\n")

    def test_a_failure_half_way_is_raised_by_the_client(self, client: openai.OpenAI) -> None:
        why = [{"role": "user", "content": "why"}]
        with pytest.raises(openai.APIError, match="The model stopped half-way; ask again"):
            list(client.chat.completions.create(model=MODEL, messages=why, stream=True))
        with pytest.raises(openai.InternalServerError, match="ask again") as caught:
            client.chat.completions.create(model=MODEL, messages=why)
        assert caught.value.status_code == 503
        assert caught.value.response.headers["retry-after"] == "5"

    @pytest.mark.anyio
    async def test_async(self, url: str) -> None:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            completion = await client.chat.completions.create(model=MODEL, messages=ASK)
        assert completion.choices[0].message.content == f"{EN} [1]"


class TestConversation:
    def test_the_last_message_is_asked_and_the_others_are_history(
        self, client: openai.OpenAI, canned: CannedEngine
    ) -> None:
        messages = [
            {"role": "system", "content": "Answer as a pirate."},
            {"role": "user", "content": "JAX?"},
            {"role": "assistant", "content": "Yes. [1]"},
            {"role": "developer", "content": "Be rude."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "And"}, {"type": "text", "text": "Keras?"}],
            },
        ]
        client.chat.completions.create(model=MODEL, messages=messages)
        question, history, language = canned.questions[-1]
        assert (question, language) == ("And\nKeras?", "auto")
        assert [(turn.role, turn.content) for turn in history] == [
            ("user", "JAX?"),
            ("assistant", "Yes. [1]"),
        ]

    def test_a_language_may_be_asked_for(self, client: openai.OpenAI) -> None:
        completion = client.chat.completions.create(model=MODEL, messages=ASK, extra_body={"language": "zh"})
        assert completion.choices[0].message.content == f"{ZH} [1]"

    def test_what_has_no_effect_is_taken(self, client: openai.OpenAI) -> None:
        client.chat.completions.create(
            model="gpt-whatever",
            messages=ASK,
            temperature=0.7,
            top_p=0.5,
            seed=1,
            max_tokens=64,
            max_completion_tokens=64,
            presence_penalty=0.1,
            stop=["\n"],
            user="me",
            n=1,
            tools=[],
            tool_choice="auto",
            response_format={"type": "text"},
            logprobs=False,
            extra_body={"top_k": 40, "never_heard_of": {"a": [1]}, "n": None},
        )


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("n", 2),
            ("n", 1_000_000),
            ("n", True),
            ("n", "1"),
            ("tools", [{"type": "function", "function": {"name": "f"}}]),
            ("functions", [{"name": "f"}]),
            ("tool_choice", "required"),
            ("response_format", {"type": "json_object"}),
            ("logprobs", True),
            ("top_logprobs", 3),
            ("modalities", ["text", "audio"]),
            ("audio", {"voice": "x", "format": "wav"}),
        ],
    )
    def test_of_what_would_change_the_answer_name_it(self, client: openai.OpenAI, name: str, value) -> None:
        with pytest.raises(
            openai.BadRequestError, match=f"parameter {name} is not supported here; leave it out"
        ):
            client.chat.completions.create(model=MODEL, messages=ASK, extra_body={name: value})

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "messages: Field required"),
            ({"messages": []}, "messages: List should have at least 1 item"),
            ({"messages": "hello"}, "messages: Input should be a valid list"),
            ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
            ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be 'system'"),
            ({"messages": [{"role": "assistant", "content": "x"}]}, "last message should be the user's"),
            ({"messages": [{"role": "system", "content": "x"}]}, "last message should be the user's"),
            (
                {"messages": [{"role": "user", "content": ""}]},
                "the last message: String should have at least 1",
            ),
            ({"messages": [{"role": "user", "content": "x" * 2001}]}, "at most 2000 characters"),
            ({"messages": ASK * 42}, "the messages before the last: List should have at most 40 items"),
            (
                {"messages": [{"role": "assistant", "content": "x" * 8001}, *ASK]},
                "at most 8000 characters in all, not 8001",
            ),
            (
                {
                    "messages": [
                        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
                    ]
                },
                "Only parts of type text",
            ),
            ({"messages": ASK, "stream_options": {"include_usage": True}}, "together with stream"),
            ({"messages": ASK, "max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
            ({"messages": ASK, "max_tokens": 5000}, "max_tokens: Input should be less than or equal to 4096"),
            ({"messages": ASK, "temperature": 3}, "temperature"),
            ({"messages": ASK, "stream": "perhaps"}, "stream: Input should be a valid boolean"),
            ({"messages": ASK, "language": "fr"}, "'auto', 'zh' or 'en'"),
        ],
    )
    def test_are_openais_errors(self, url: str, body: dict, words: str) -> None:
        reply = httpx.post(f"{url}/v1/chat/completions", json=body)
        assert (reply.status_code, reply.headers["content-type"]) == (400, "application/json")
        error = reply.json()["error"]
        assert words in error["message"]
        assert error["type"] == "invalid_request_error"
        assert set(error) == {"message", "type", "param", "code"}

    def test_name_the_field(self, url: str) -> None:
        body = {"messages": ASK, "max_tokens": 0}
        assert httpx.post(f"{url}/v1/chat/completions", json=body).json()["error"]["param"] == "max_tokens"

    def test_of_a_wrong_method_or_type(self, url: str) -> None:
        wrong = httpx.get(f"{url}/v1/chat/completions")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
        assert "message" in wrong.json()["error"]
        form = httpx.post(f"{url}/v1/chat/completions", data={"messages": "x"})
        assert form.status_code == 415
        assert "Content-Type: application/json" in form.json()["error"]["message"]
        large = httpx.post(f"{url}/v1/chat/completions", json={"messages": ASK, "x": "y" * 70_000})
        assert (large.status_code, large.json()["error"]["code"]) == (413, "request_too_large")


class TestModels:
    def test_there_is_one(self, client: openai.OpenAI) -> None:
        (model,) = client.models.list()
        assert (model.id, model.object) == (MODEL, "model")
        assert client.models.retrieve(MODEL) == model

    def test_there_is_no_other(self, client: openai.OpenAI) -> None:
        with pytest.raises(openai.NotFoundError, match="there is framework-assistant"):
            client.models.retrieve("gpt-4")
