"""The engines, each the true one: llama.cpp and transformers over a model that can be worked out by hand."""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from doubles import ScriptedGenerator, ScriptedServer, chunk, event
from tiny_models import SAYS, write_folder, write_gguf

from assistant.generation import open_generator, registered
from assistant.generation.base import Foresees, Generator, Message, Request
from assistant.generation.control import neutralise
from assistant.generation.llamacpp_server import SLOTS
from assistant.generation.prefixes import HEADS_KEPT
from assistant.generation.pump import Emit, Pump
from assistant.settings import load_settings
from corpus.errors import GenerationError, InputError, WeightsError

MARKUP_TOKENS = len("^user\n") + len("$\n") + len("^assistant\n")
"""What the tiny model's chat template puts around one user message, ^ and $ standing for control tokens."""


def user(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def endless(tokens: int) -> Request:
    """A reply of yxyxyx that only `max_tokens` ends."""
    return Request([*user("go"), {"role": "assistant", "content": "x"}], max_tokens=tokens)


HEAD = user("head " * 120 + "\n")
"""What many prompts begin with; its last message is cut short."""


def given(evidence: str, tokens: int = 100) -> Request:
    """A question about evidence that other questions share."""
    prefix = user(HEAD[0]["content"] + evidence * tokens + "\n")
    return Request(user(prefix[0]["content"] + "Question?"), prefix=prefix)


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never held"
        time.sleep(0.02)


def computed_for(generator: Generator, request: Request) -> int:
    """Tokens of the prompt that were not at hand."""
    generation = generator.stream(request)
    list(generation)
    return generation.usage.new_prompt_tokens


def open_some(spec: str, **settings: Any) -> Generator:
    generator = open_generator(spec, load_settings(**settings))
    assert generator is not None
    return generator


def say(generator: Generator, request: Request) -> str:
    return "".join(generator.stream(request))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where prompts are kept that were computed: empty, and of one test alone."""
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    return tmp_path / "prompts"


@pytest.fixture(scope="module")
def llamacpp(tiny: Path) -> Iterator[Generator]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_HOME", str(tiny.parent))
        generator = open_some(str(tiny), context_tokens=2048, max_answer_tokens=1500, threads=1)
    yield generator
    generator.close()


@pytest.fixture(scope="module")
def transformers(tiny: Path) -> Iterator[Generator]:
    generator = open_some(f"transformers:{tiny}", context_tokens=2048, max_answer_tokens=1500, threads=1)
    yield generator
    generator.close()


@pytest.fixture(params=["llamacpp", "transformers"])
def local(request: pytest.FixtureRequest) -> Generator:
    generator: Generator = request.getfixturevalue(request.param)
    return generator


class TestLocalEngines:
    """What llama.cpp and transformers have in common, token for token."""

    def test_the_reply_comes_in_whole_characters_with_exact_counts(self, local: Generator) -> None:
        generation = local.stream(Request(user("hi"), max_tokens=50))
        assert list(generation) == list(SAYS)
        assert generation.usage.prompt_tokens == MARKUP_TOKENS + 2
        assert generation.usage.completion_tokens == len(SAYS.encode()) + 1

    def test_a_cut_inside_a_character_gives_no_half_of_it(self, local: Generator) -> None:
        before = len(SAYS[: SAYS.index("🐉")])
        assert say(local, Request(user("hi"), max_tokens=before + 2)) == SAYS[:before]

    @pytest.mark.parametrize("stop", ["or", "🐉", "火."])
    def test_a_stop_string_ends_the_reply_and_is_not_part_of_it(self, local: Generator, stop: str) -> None:
        assert say(local, Request(user("hi"), stop=["never", stop])) == SAYS[: SAYS.index(stop)]

    def test_a_stop_string_that_only_begins_is_part_of_the_reply(self, local: Generator) -> None:
        assert say(local, Request(user("hi"), stop=[".\n"])) == SAYS

    def test_a_last_message_of_the_assistant_is_continued(self, local: Generator) -> None:
        assert say(local, endless(6)) == "yxyxyx"

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    def test_settings_bound_what_a_request_may_ask(self, tiny: Path, prefix: str) -> None:
        generator = open_some(f"{prefix}{tiny}", max_answer_tokens=30)
        generation = generator.stream(endless(100_000))
        assert len("".join(generation)) == generation.usage.completion_tokens == 30
        generator.close()

    def test_control_tokens_of_the_user_become_plain_text(self, local: Generator) -> None:
        generation = local.stream(Request(user("a<|im_end|>b"), max_tokens=1))
        list(generation)
        assert generation.usage.prompt_tokens == MARKUP_TOKENS + len("a< |im_end|>b")

    def test_requests_of_several_threads_do_not_mix(self, local: Generator) -> None:
        asked = [Request(user("hi " * n)) if n % 2 else endless(20 + n) for n in range(6)]
        with ThreadPoolExecutor(6) as pool:
            said = list(pool.map(lambda request: say(local, request), asked))
        assert said == [SAYS if n % 2 else ("yx" * 13)[: 20 + n] for n in range(6)]

    def test_close_from_another_thread_ends_the_iteration_and_the_decoding(self, local: Generator) -> None:
        generation = local.stream(endless(1500))
        pieces = iter(generation)
        next(pieces)
        threading.Thread(target=generation.close).start()
        assert len(list(pieces)) < 1400
        decoded = generation.usage.completion_tokens
        assert say(local, Request(user("hi"))) == SAYS
        assert generation.usage.completion_tokens <= decoded + 2 < 1500
        generation.close()

    def test_a_prompt_that_does_not_fit_is_the_askers_error(self, local: Generator) -> None:
        with pytest.raises(InputError, match=r"does not fit the model: .*Ask something shorter"):
            say(local, Request(user("long " * 500)))

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    def test_a_deadline_ends_what_takes_too_long(self, tiny: Path, prefix: str) -> None:
        generator = open_some(f"{prefix}{tiny}", deadline_seconds=0.02, max_answer_tokens=2000)
        with pytest.raises(GenerationError, match=r"did not finish within 0\.02 seconds"):
            say(generator, endless(2000))
        generator.close()

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    def test_after_close_it_says_so(self, tiny: Path, prefix: str) -> None:
        generator = open_some(f"{prefix}{tiny}")
        generator.close()
        generator.close()
        with pytest.raises(GenerationError, match="has been closed"):
            say(generator, Request(user("hi")))

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    @pytest.mark.parametrize("damage", ["empty", "junk", "cut"])
    def test_a_damaged_file_is_one_sentence(
        self, tiny: Path, tmp_path: Path, prefix: str, damage: str
    ) -> None:
        whole = tiny.read_bytes()
        bad = tmp_path / "bad.gguf"
        bad.write_bytes({"empty": b"", "junk": b"junk" * 999, "cut": whole[: len(whole) // 2]}[damage])
        with pytest.raises(GenerationError) as caught:
            open_some(f"{prefix}{bad}")
        assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


class TestLlamaCpp:
    """What only llama.cpp does."""

    def test_a_prefix_is_computed_once_whatever_is_asked_in_between(self, llamacpp: Generator) -> None:
        prefixes = {language: user(language * 300) for language in ("zh", "en", "fr")}
        for prefix in prefixes.values():
            llamacpp.warm(prefix)
        for language in ("zh", "en", "zh", "fr", "en", "zh"):
            generation = llamacpp.stream(Request([*prefixes[language], *user("short")], max_tokens=1))
            list(generation)
            assert generation.usage.prompt_tokens > 600
            assert generation.usage.new_prompt_tokens < 40

    def test_the_same_is_computed_whatever_was_asked_or_broken_off_before(self, llamacpp: Generator) -> None:
        prefix = user("same " * 100)
        llamacpp.warm(prefix)
        computed = set()
        for ask in ("short", "short", "short and longer", "short"):
            generation = llamacpp.stream(Request([*prefix, *user("short")], max_tokens=1))
            list(generation)
            computed.add(generation.usage.new_prompt_tokens)
            cut = llamacpp.stream(Request([*prefix, *user(ask), {"role": "assistant", "content": "x"}], 1500))
            next(iter(cut))
            cut.close()
        assert len(computed) == 1

    def test_who_waits_for_a_slot_may_leave(self, llamacpp: Generator) -> None:
        running = [llamacpp.stream(endless(1500)) for _ in range(SLOTS)]
        for one in running:
            next(iter(one))
        waiting = llamacpp.stream(Request(user("hi")))
        reader = threading.Thread(target=list, args=(waiting,))
        reader.start()
        waiting.close()
        reader.join(5)
        assert not reader.is_alive()
        for one in running:
            one.close()
        assert say(llamacpp, Request(user("hi"))) == SAYS

    @pytest.mark.parametrize("damage", [None, "changed", "cut", "empty"])
    def test_a_prefix_is_read_by_the_next_start_and_computed_again_when_damaged(
        self, prompts: Path, tiny: Path, damage: str | None
    ) -> None:
        prefix = user("prefix " * 100)
        first = open_some(str(tiny), threads=1)
        first.warm(prefix)
        first.close()
        (file,) = prompts.iterdir()
        whole, name = file.read_bytes(), file.name
        middle = len(whole) // 2
        if damage:
            changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
            file.write_bytes({"changed": changed, "cut": whole[:middle], "empty": b""}[damage])

        second = open_some(str(tiny), threads=1)
        second.warm(prefix)
        generation = second.stream(Request([*prefix, *user("hi")]))
        assert "".join(generation) == SAYS
        assert generation.usage.prompt_tokens > 700
        assert generation.usage.new_prompt_tokens < 40
        second.close()
        assert [kept.name for kept in prompts.iterdir()] == [name]
        assert file.read_bytes() == whole

    def test_a_prefix_whose_file_is_lost_is_computed_again(self, prompts: Path, tiny: Path) -> None:
        generator = open_some(str(tiny), threads=1)
        generator.warm(prefix := user("prefix " * 100))
        (file,) = prompts.iterdir()
        file.unlink()
        assert say(generator, Request([*prefix, *user("hi")])) == SAYS
        assert len(list(prompts.iterdir())) == 1
        generator.close()

    def test_another_model_or_prefix_has_another_file_and_few_are_kept(
        self, prompts: Path, tiny: Path
    ) -> None:
        for model in (tiny, write_gguf(prompts.parent / "other.gguf")):
            generator = open_some(str(model), threads=1)
            for text in ("one", "two"):
                generator.warm(user(text))
            generator.close()
        assert len(list(prompts.iterdir())) == 4
        generator = open_some(str(tiny), threads=1)
        for number in range(HEADS_KEPT):
            generator.warm(user(f"number {number}"))
        generator.close()
        assert len(list(prompts.iterdir())) == HEADS_KEPT

    def test_evidence_is_computed_once_and_only_what_is_new_is_kept(self, prompts: Path, tiny: Path) -> None:
        computed = []
        for _ in range(2):
            generator = open_some(str(tiny), threads=1)
            generator.warm(HEAD)
            computed += [computed_for(generator, given(text)) for text in ("a", "b", "a")]
            generator.close()
        first, again = 100 + MARKUP_TOKENS, 30
        assert [tokens > first for tokens in computed] == [True, True, False, False, False, False]
        assert all(tokens < again for tokens in computed[2:])
        (head,) = prompts.glob("*.kv")
        kept = list(prompts.glob("*.more"))
        assert len(kept) == 2
        assert all(file.stat().st_size < head.stat().st_size / 3 for file in kept)
        assert len(list(prompts.iterdir())) == 3

    def test_the_same_is_computed_whether_evidence_was_kept_or_broken_off(
        self, llamacpp: Generator, tiny: Path
    ) -> None:
        llamacpp.warm(HEAD)
        asked = given("same")
        said = set()
        for _ in range(3):
            said.add(say(llamacpp, asked))
            cut = llamacpp.stream(given("cut"))
            next(iter(cut))
            cut.close()
            for file in (tiny.parent / "prompts").glob("*.more"):
                file.unlink()
        assert said == {SAYS}

    @pytest.mark.parametrize("damage", ["changed", "cut", "empty", "lost", "head"])
    def test_damaged_evidence_is_computed_again(self, prompts: Path, tiny: Path, damage: str) -> None:
        first = open_some(str(tiny), threads=1)
        first.warm(HEAD)
        computed_for(first, given("a"))
        first.close()
        (file,) = prompts.glob("*.kv" if damage == "head" else "*.more")
        kept = file.read_bytes()
        middle = len(kept) // 2
        changed = kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1 :]
        file.write_bytes({"cut": kept[:middle], "empty": b""}.get(damage, changed))
        if damage == "lost":
            file.unlink()

        second = open_some(str(tiny), threads=1)
        second.warm(HEAD)
        computed = [computed_for(second, given("a")) > 100 for _ in range(2)]
        second.close()
        assert computed == [damage != "head", False]
        assert file.read_bytes() == kept

    def test_evidence_has_so_much_room_and_pushes_out_no_head(self, prompts: Path, tiny: Path) -> None:
        generator = open_some(str(tiny), threads=1, prompts_mb=1)
        generator.warm(HEAD)
        for text in ("a", "b", "c", "a", "d"):
            computed_for(generator, given(text, 300))
        known = [computed_for(generator, given(text, 300)) < 30 for text in ("d", "a", "b")]
        generator.close()
        assert known == [True, True, False]
        room = sum(file.stat().st_size for file in prompts.glob("*.more"))
        assert 500_000 < room < 1_000_000
        assert len(list(prompts.glob("*.kv"))) == 1

    def test_evidence_need_not_be_kept(self, prompts: Path, tiny: Path) -> None:
        generator = open_some(str(tiny), threads=1, prompts_mb=0)
        generator.warm(HEAD)
        assert computed_for(generator, given("a")) == computed_for(generator, given("a")) > 100
        assert say(generator, given("a")) == SAYS
        generator.close()
        assert not list(prompts.glob("*.more"))

    def test_evidence_is_computed_ahead_while_nothing_is_asked_and_there_is_room(
        self, prompts: Path, tiny: Path
    ) -> None:
        generator = open_some(str(tiny), threads=1, prompts_mb=1)
        assert isinstance(generator, Foresees)
        generator.warm(HEAD)
        (first, _), *_ = foreseen = [(given(text, 300), text) for text in "abcdef"]
        generator.foresee([request.prefix for request, _ in foreseen])
        assert not list(prompts.glob("*.more"))
        until(lambda: len(list(prompts.glob("*.more"))) == 2)
        until(lambda: not any(thread.name == "foresee" for thread in threading.enumerate()))
        assert len(list(prompts.glob("*.more"))) == 2
        assert computed_for(generator, first) < 30
        assert say(generator, first) == SAYS
        generator.close()

    def test_closing_ends_what_is_computed_ahead(self, prompts: Path, tiny: Path) -> None:
        generator = open_some(str(tiny), threads=1)
        assert isinstance(generator, Foresees)
        generator.warm(HEAD)
        generator.foresee(given(str(number)).prefix for number in itertools.count())
        until(lambda: list(prompts.glob("*.more")))
        generator.close()
        until(lambda: not any(thread.name == "foresee" for thread in threading.enumerate()))

    def test_what_a_killed_program_left_is_removed(self, prompts: Path, tiny: Path) -> None:
        generator = open_some(str(tiny), threads=1)
        for name, age in (("old.part", 7200), ("new.part", 60)):
            (prompts / name).touch()
            os.utime(prompts / name, (time.time() - age,) * 2)
        generator.warm(HEAD)
        generator.close()
        assert [file.name for file in prompts.glob("*.part")] == ["new.part"]

    def test_without_a_place_for_files_prefixes_are_warm_all_the_same(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "file"))
        generator = open_some(str(tiny), threads=1)
        prefix = user("prefix " * 100)
        generator.warm(prefix)
        generation = generator.stream(Request([*prefix, *user("hi")]))
        assert "".join(generation) == SAYS and generation.usage.new_prompt_tokens < 40
        generator.close()

    def test_a_grammar_is_obeyed(self, llamacpp: Generator) -> None:
        assert say(llamacpp, Request(user("hi"), grammar='root ::= "zh" | "en"')) in ("zh", "en")

    def test_a_bad_grammar_is_one_sentence(self, llamacpp: Generator) -> None:
        with pytest.raises(GenerationError, match="grammar"):
            say(llamacpp, Request(user("hi"), grammar="root ::= ("))

    def test_its_server_listens_on_no_port_and_only_to_itself(self, tiny: Path) -> None:
        def listening() -> set[Any]:
            return {c for c in psutil.Process().net_connections("all") if c.status in ("LISTEN", "NONE")}

        before = listening()
        generator = open_some(str(tiny))
        opened = {c.laddr for c in listening() - before if c.laddr}
        assert [Path(address).name for address in opened] == ["llama.sock"]
        (address,) = opened
        assert Path(address).parent.stat().st_mode & 0o777 == 0o700
        doors = [("GET", "/props"), ("GET", "/slots"), ("GET", "/v1/models"), ("POST", "/completion")]
        with httpx.Client(transport=httpx.HTTPTransport(uds=address), base_url="http://llama") as stranger:
            for method, path in [*doors, ("POST", "/v1/chat/completions")]:
                answer = stranger.request(method, path, headers={"Origin": "http://evil.example"})
                assert answer.status_code == 401, path
                assert not answer.headers.get("Access-Control-Allow-Origin")
        generator.close()
        assert not Path(address).parent.exists()

    def test_it_writes_nothing_of_its_own_and_ends_with_the_program(self, tiny: Path) -> None:
        """An abandoned reply must neither hold up the interpreter nor crash it."""
        code = (
            "import sys\n"
            "from assistant.generation import open_generator\n"
            "from assistant.generation.base import Request\n"
            "from assistant.settings import load_settings\n"
            "generator = open_generator(sys.argv[1], load_settings(max_answer_tokens=4000))\n"
            "ask = Request([{'role': 'user', 'content': 'x'}, {'role': 'assistant', 'content': 'x'}], 4000)\n"
            "running = generator.stream(ask)\n"
            "print(next(iter(running)))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tiny)], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "y\n", "")


class TestTransformers:
    """What only transformers does."""

    def test_a_folder_works_like_the_file(self, transformers: Generator, tmp_path: Path, tiny: Path) -> None:
        write_folder(tiny, tmp_path)
        generator = open_some(f"transformers:{tmp_path}")
        assert say(generator, Request(user("hi"))) == SAYS
        generator.close()

    @pytest.mark.parametrize("spec", ["/no/such/folder", "./folder", "~/folder", "a/b/c", "word"])
    def test_a_folder_that_is_not_there_is_not_taken_for_a_hub_id(self, spec: str) -> None:
        with pytest.raises(InputError, match=r"There is no model folder .*hub id ORG/NAME"):
            open_some(f"transformers:{spec}")

    def test_an_empty_folder_is_one_sentence(self, transformers: Generator, tmp_path: Path) -> None:
        with pytest.raises(GenerationError, match="transformers cannot load") as caught:
            open_some(f"transformers:{tmp_path}")
        assert "\n" not in str(caught.value)


def served(server: ScriptedServer, **settings: Any) -> Generator:
    return open_some(f"openai:{server.url}#small", **settings)


class TestOpenAICompatible:
    """A server of the test's own, honest and otherwise."""

    def test_text_and_figures_arrive_and_the_request_is_well_formed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ASSISTANT_OPENAI_API_KEY", "secret")
        usage = {
            "prompt_tokens": 9,
            "completion_tokens": 4,
            "prompt_tokens_details": {"cached_tokens": 7},
        }
        blocks = [chunk("Ten"), chunk("sor 🐉"), chunk("", "stop"), event({"choices": [], "usage": usage})]
        with ScriptedServer(lambda payload: [*blocks, event("[DONE]")]) as server:
            generator = served(server, max_answer_tokens=20)
            generation = generator.stream(Request(user("<|im_end|>"), max_tokens=99, stop=["\n"]))
            assert list(generation) == ["Ten", "sor 🐉"]
            path, headers, payload = server.requests[0]
        assert (generation.usage.prompt_tokens, generation.usage.new_prompt_tokens) == (9, 2)
        assert generation.usage.completion_tokens == 4
        assert path == "/v1/chat/completions" and headers["Authorization"] == "Bearer secret"
        assert payload == {
            "model": "small",
            "messages": user("< |im_end|>"),
            "max_tokens": 20,
            "temperature": 0.0,
            "stream": True,
            "stream_options": {"include_usage": True},
            "stop": ["\n"],
        }
        assert generator.name == "small"

    def test_blocks_may_be_cut_anywhere(self) -> None:
        whole = b": a comment\r\n\r\n" + chunk("火\u2028🐉") + chunk("!", "stop") + event("[DONE]")
        with ScriptedServer(lambda payload: [whole[i : i + 1] for i in range(len(whole))]) as server:
            assert say(served(server), Request(user("hi"))) == "火\u2028🐉!"

    def test_a_server_that_sends_no_figures_is_counted(self) -> None:
        with ScriptedServer(lambda payload: [chunk("a"), chunk("b", "stop")]) as server:
            generation = served(server).stream(Request(user("hi")))
            assert list(generation) == ["a", "b"]
        assert generation.usage.completion_tokens == 2

    def test_a_server_that_does_not_stop_is_cut_off(self) -> None:
        def script(payload: dict[str, Any]) -> Iterator[bytes]:
            while True:
                yield chunk("on ")

        with ScriptedServer(script) as server:
            assert len(list(served(server).stream(Request(user("hi"), max_tokens=5)))) == 6
            assert server.broken.wait(5)

    @pytest.mark.parametrize(
        ("blocks", "sentence"),
        [
            ([b"<html>hello</html>"], "stopped in the middle"),
            ([], "stopped in the middle"),
            ([chunk("half")], "stopped in the middle"),
            ([event("{not json")], "'{not json', which is no chat completion chunk"),
            ([event([1, 2])], "no chat completion chunk"),
            ([event({"choices": 7})], "no chat completion chunk"),
            ([event({"choices": [{"delta": {"content": 5}}]})], "no chat completion chunk"),
            (
                [chunk("a"), event({"choices": [], "usage": {"prompt_tokens": "many"}})],
                "no chat completion chunk",
            ),
            ([event({"error": {"message": "out of memory"}})], "reported an error: out of memory"),
            ([b"data: " + b"x" * (2 << 20)], "a line without end"),
        ],
    )
    def test_what_is_no_answer_is_one_sentence(self, blocks: list[bytes], sentence: str) -> None:
        with ScriptedServer(lambda payload: blocks) as server, pytest.raises(GenerationError) as caught:
            say(served(server), Request(user("hi")))
        assert sentence in str(caught.value) and "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("status", "hint"), [(401, "set ASSISTANT_OPENAI_API_KEY"), (404, "404"), (500, "500"), (302, "302")]
    )
    def test_a_refusal_is_told_with_its_status_and_reason(self, status: int, hint: str) -> None:
        with (
            ScriptedServer(lambda payload: [b'{"why":\n"no"}'], status) as server,
            pytest.raises(GenerationError, match=hint) as caught,
        ):
            say(served(server), Request(user("hi")))
        assert f'answered {status}: {{"why": "no"}}' in str(caught.value)
        assert len(server.requests) == 1

    def test_a_connection_that_breaks_is_one_sentence(self) -> None:
        with (
            ScriptedServer(lambda payload: [chunk("half")], promised=9999) as server,
            pytest.raises(GenerationError, match="broke off"),
        ):
            say(served(server), Request(user("hi")))

    def test_a_server_that_is_not_there_is_one_sentence(self) -> None:
        with ScriptedServer(lambda payload: []) as server:
            pass
        with pytest.raises(GenerationError, match="No server answers at http://127"):
            say(served(server), Request(user("hi")))

    def test_silence_ends_at_the_deadline_and_close_does_not_wait_for_it(self) -> None:
        release = threading.Event()

        def script(payload: dict[str, Any]) -> Iterator[bytes]:
            yield chunk("one")
            release.wait(20)

        with ScriptedServer(script) as server:
            with pytest.raises(GenerationError, match=r"within 0\.3 seconds|fell silent"):
                say(served(server, deadline_seconds=0.3), Request(user("hi")))
            generation = served(server).stream(Request(user("hi")))
            pieces = iter(generation)
            assert next(pieces) == "one"
            start = time.monotonic()
            threading.Timer(0.1, generation.close).start()
            assert list(pieces) == [] and time.monotonic() - start < 5
            release.set()

    @pytest.mark.parametrize(
        "address", ["x", "127.0.0.1:80/v1#m", "http://127.0.0.1/v1", "ftp://h/v1#m", "http:///v1#m"]
    )
    def test_an_address_that_is_none_is_the_callers_error(self, address: str) -> None:
        with pytest.raises(InputError, match="write openai:http://HOST:PORT/v1#MODEL"):
            open_some(f"openai:{address}")


class TestOpenGenerator:
    """The notation of --llm."""

    def test_none_is_no_generator(self) -> None:
        assert open_generator("none", load_settings()) is None

    @pytest.mark.parametrize("spec", ["gpt-9", "", "transformers:", "openai:", "e5-small-q4", "file:model"])
    def test_an_unknown_spec_is_told_what_there_is(self, spec: str) -> None:
        with pytest.raises(InputError) as caught:
            open_generator(spec, load_settings())
        assert all(
            name in str(caught.value) for name in [*registered(), "openai:http", "transformers:", "none"]
        )

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path, prefix: str) -> None:
        with pytest.raises(InputError, match=r"no model file .*absent\.gguf"):
            open_generator(f"{prefix}{tmp_path}/absent.gguf", load_settings())

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    def test_missing_weights_name_the_command_that_brings_them(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prefix: str
    ) -> None:
        monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
        with pytest.raises(WeightsError, match=r"assistant models fetch qwen2\.5-coder-0.5b"):
            open_generator(f"{prefix}qwen2.5-coder-0.5b", load_settings())

    def test_the_default_of_the_settings_is_registered(self) -> None:
        assert load_settings().llm == registered()[0]

    def test_only_the_engine_asked_for_is_imported(self) -> None:
        code = (
            "import sys; from assistant.generation import open_generator; "
            "from assistant.settings import load_settings; open_generator('none', load_settings()); "
            "print(sorted({'torch', 'transformers', 'xllamacpp', 'httpx'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


class TestNeutralise:
    """No text of a user is a control token."""

    @pytest.mark.parametrize(
        "token",
        [
            "<|im_end|>",
            "<|im_start|>",
            "</s>",
            "<s>",
            "<start_of_turn>",
            "<｜User｜>",
            "[INST]",
            "[/INST]",
            "<<SYS>>",
        ],
    )
    def test_control_tokens_are_parted(self, token: str) -> None:
        for text in (token, f"a{token}b", f"<{token}", token + token):
            assert token not in neutralise(text)

    @pytest.mark.parametrize(
        "text", ["a < b and c > d", "x<y", "see [1] and [2, 3]", "《》「」<<", "->", "[a](b)"]
    )
    def test_other_text_is_left_alone(self, text: str) -> None:
        assert neutralise(text) == text

    def test_doing_it_twice_changes_nothing_more(self) -> None:
        once = neutralise("<<|a|>[INST]<b></c>")
        assert neutralise(once) == once


class TestPump:
    """The thread behind every stream."""

    def test_nothing_runs_before_the_first_piece_is_asked_for(self) -> None:
        ran = threading.Event()
        pump = Pump(lambda emit: ran.set(), 5)
        pump.close()
        assert list(pump) == [] and not ran.is_set()

    def test_our_errors_pass_and_foreign_ones_are_mapped(self) -> None:
        def ours(emit: Emit) -> None:
            emit("one")
            raise InputError("Too long.")

        def foreign(emit: Emit) -> None:
            raise ZeroDivisionError("by nought")

        pump = Pump(ours, 5)
        assert next(pump) == "one"
        with pytest.raises(InputError, match="Too long"):
            next(pump)
        with pytest.raises(GenerationError, match="stopped half-way: by nought") as caught:
            next(Pump(foreign, 5))
        assert isinstance(caught.value.__cause__, ZeroDivisionError)

    def test_a_pump_that_is_dropped_stops_its_worker(self) -> None:
        ended = threading.Event()

        def produce(emit: Emit) -> None:
            while not emit("more"):
                time.sleep(0.001)
            ended.set()

        next(Pump(produce, 5))
        assert ended.wait(5)

    def test_the_deadline_counts_from_the_first_piece_asked_for(self) -> None:
        pump = Pump(lambda emit: time.sleep(1), 0.05)
        time.sleep(0.1)
        start = time.monotonic()
        with pytest.raises(GenerationError, match=r"within 0\.05 seconds"):
            next(pump)
        assert 0.04 < time.monotonic() - start < 0.9


def test_the_scripted_generator_is_a_generator() -> None:
    scripted: Generator = ScriptedGenerator(lambda messages: messages[-1]["content"] + " back")
    generation = scripted.stream(Request(user("hello"), max_tokens=2))
    assert list(generation) == ["hel", "lo "] and generation.usage.completion_tokens == 2


@pytest.mark.model
class TestDefaultWeights:
    """The real default model: slow, and only where its file is."""

    @pytest.fixture(scope="class")
    def default(self) -> Iterator[Generator]:
        generator = open_some(load_settings().llm, deadline_seconds=600)
        yield generator
        generator.close()

    @pytest.mark.parametrize(
        ("question", "answer"),
        [("What is the capital of France? One word.", "Paris"), ("法国的首都是哪里？只答城市名。", "巴黎")],
    )
    def test_it_answers_in_both_languages(self, default: Generator, question: str, answer: str) -> None:
        assert answer in say(default, Request(user(question), max_tokens=12))

    def test_a_typed_control_token_is_several_tokens(self, default: Generator) -> None:
        counts = []
        for text in ("ab", "a< |im_end|>b", "a<|im_end|>b"):
            generation = default.stream(Request(user(text), max_tokens=1))
            list(generation)
            counts.append(generation.usage.prompt_tokens)
        assert counts[0] + 4 < counts[1] == counts[2]
