"""Asking and answering behind the page: what is kept, what waits, what stops, and for whom."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from assistant.api.limits import MAX_QUESTION
from assistant.conversations import OFF, Conversations, StoredTurn
from assistant.serving.standby import Standby
from assistant.settings import load_settings
from assistant.verification import verify_file
from assistant.web import exporting
from assistant.web.acts import View, Visit
from assistant.web.desk import MAX_WAITING, Desk
from assistant.web.drawing import Board, Drawing
from assistant.web.failures import LongQuestionError
from assistant.web.strings import strings
from assistant.web.visitors import Visitors, owner_of
from corpus.errors import InputError, WeightsError
from tests.webworld import (
    APIS,
    APIS_ANSWER,
    BROKEN,
    OUTSIDE,
    SENSOR,
    HeldEngine,
    service,
    until,
)


@pytest.fixture(scope="module")
def engine() -> HeldEngine:
    return HeldEngine.scripted()


@pytest.fixture
def store() -> Iterator[Conversations]:
    with Conversations.open(OFF) as store:
        yield store


@pytest.fixture
def desk(engine: HeldEngine, store: Conversations) -> Iterator[Desk]:
    desk = Desk(service(engine), store)
    yield desk
    engine.hold = frozenset()
    desk.close()
    until(lambda: engine.streams == 0)


@pytest.fixture
def visit(desk: Desk) -> Visit:
    return Visit(desk, "me", View())


def turns(visit: Visit) -> list[StoredTurn]:
    conversation = visit.shown()
    return conversation.turns if conversation else []


def settled(visit: Visit) -> list[StoredTurn]:
    until(lambda: visit.desk.progress(visit.view.conversation) is None)
    return turns(visit)


class TestDesk:
    def test_a_question_is_kept_before_it_is_answered(self, visit: Visit, engine: HeldEngine) -> None:
        with engine.held("Retrieved"):
            visit.perform("ask", {"text": APIS})
            assert [(turn.question, turn.state) for turn in turns(visit)] == [(APIS, "interrupted")]
        answer = settled(visit)[0].answer
        assert answer and answer.answer == f"{APIS_ANSWER} [1]"

    def test_progress_goes_from_what_was_found_to_what_is_said(
        self, visit: Visit, engine: HeldEngine
    ) -> None:
        def stage() -> str:
            progress = visit.desk.progress(visit.view.conversation)
            return progress.stage if progress else ""

        engine.hold = frozenset({"Retrieved", "Token", "Final"})
        visit.perform("ask", {"text": APIS})
        until(lambda: stage() == "searching")
        engine.hold = frozenset({"Token", "Final"})
        until(lambda: stage() == "reading")
        progress = visit.desk.progress(visit.view.conversation)
        assert progress and progress.passages[0].passage_id.startswith("en-deployment-torchserve")
        engine.hold = frozenset({"Final"})
        until(lambda: stage() == "writing")
        progress = visit.desk.progress(visit.view.conversation)
        assert progress and progress.said == f"{APIS_ANSWER} [1]"
        engine.hold = frozenset()
        settled(visit)

    def test_a_second_question_waits_for_the_first_and_follows_it(
        self, visit: Visit, engine: HeldEngine
    ) -> None:
        with engine.held("Final"):
            visit.perform("ask", {"text": APIS})
            until(lambda: engine.streams == 1)
            visit.perform("ask", {"text": "And TensorFlow Serving?"})
            progress = visit.desk.progress(visit.view.conversation)
            assert progress and progress.waiting == (turns(visit)[1].id,)
        answers = [turn.answer for turn in settled(visit)]
        assert all(answers) and answers[1] and answers[1].rewritten

    def test_too_many_may_not_wait(self, visit: Visit, engine: HeldEngine) -> None:
        with engine.held("Final"):
            visit.perform("ask", {"text": APIS})
            until(lambda: engine.streams == 1)
            for _ in range(MAX_WAITING):
                visit.perform("ask", {"text": OUTSIDE})
            with pytest.raises(InputError, match="wait already"):
                visit.perform("ask", {"text": OUTSIDE})
        assert len(settled(visit)) == MAX_WAITING + 1

    def test_stopping_keeps_what_was_said_and_goes_on_with_the_next(
        self, visit: Visit, engine: HeldEngine
    ) -> None:
        engine.hold = frozenset({"Final"})
        visit.perform("ask", {"text": APIS})
        until(lambda: (now := visit.desk.progress(visit.view.conversation)) and now.said)
        visit.perform("ask", {"text": OUTSIDE})
        visit.perform("stop", {})
        until(lambda: turns(visit)[0].answer)
        engine.hold = frozenset()
        first, second = settled(visit)
        assert first.answer and first.answer.note == "Stopped by you."
        assert first.answer.sentences[0].text == APIS_ANSWER and first.answer.citations
        assert second.answer and second.answer.abstained

    def test_stopping_before_a_word_says_so(self, visit: Visit, engine: HeldEngine) -> None:
        with engine.held("Token"):
            visit.perform("hello", {"value": "zh-CN"})
            visit.perform("ask", {"text": APIS})
            until(lambda: engine.streams == 1)
            visit.perform("stop", {})
            assert settled(visit)[0].failure == strings("zh")["stopped"]

    def test_a_failure_is_a_sentence_and_can_be_asked_again(self, visit: Visit) -> None:
        visit.perform("ask", {"text": BROKEN})
        (turn,) = settled(visit)
        assert turn.failure == "The model stopped half-way; ask again."
        visit.perform("again", {"turn": turn.id})
        assert len(settled(visit)) == 1

    def test_an_interrupted_question_is_answered_when_asked_again(self, visit: Visit) -> None:
        visit.perform("ask", {"text": OUTSIDE})
        settled(visit)
        turn = visit.store.ask(visit.view.conversation, APIS)
        assert turns(visit)[1].state == "interrupted"
        visit.perform("again", {"turn": turn})
        assert settled(visit)[1].state == "answered"

    def test_a_question_may_come_before_the_models(self, engine: HeldEngine, store: Conversations) -> None:
        server = service(engine)
        waiting: list[bool] = [True]

        def slow() -> HeldEngine:
            until(lambda: not waiting)
            return engine

        server.standby = Standby(slow)
        server.standby.start()
        visit = Visit(Desk(server, store), "me", View())
        visit.perform("ask", {"text": APIS})
        until(lambda: (now := visit.desk.progress(visit.view.conversation)) and now.stage == "loading")
        waiting.clear()
        assert settled(visit)[0].answer

    def test_missing_weights_are_a_sentence(self, engine: HeldEngine, store: Conversations) -> None:
        def missing() -> HeldEngine:
            raise WeightsError("Run `assistant models fetch`.")

        server = service(engine)
        server.standby = Standby(missing)
        server.standby.start()
        visit = Visit(Desk(server, store), "me", View())
        visit.perform("ask", {"text": APIS})
        assert settled(visit)[0].failure == "Run `assistant models fetch`."

    @pytest.mark.parametrize("event", ["Retrieved", "Final"])
    def test_an_answer_may_not_take_for_ever(
        self, engine: HeldEngine, store: Conversations, event: str
    ) -> None:
        visit = Visit(Desk(service(engine, answer_seconds=0.3), store), "me", View())
        with engine.held(event):
            visit.perform("ask", {"text": APIS})
            failure = settled(visit)[0].failure
        assert failure == "The answer was not ready within 0.3 seconds; ask again, or ask less."

    def test_a_deleted_conversation_is_answered_for_nobody(self, visit: Visit, engine: HeldEngine) -> None:
        with engine.held("Final"):
            visit.perform("ask", {"text": APIS})
            until(lambda: engine.streams == 1)
            visit.perform("delete", {"id": (gone := visit.view.conversation)})
            until(lambda: visit.desk.progress(gone) is None)
        assert visit.shown() is None and visit.store.list("me") == []

    def test_without_its_file_it_goes_on_from_memory(self, engine: HeldEngine, tmp_path: Path) -> None:
        store = Conversations.open(tmp_path / "talk.db")
        visit = Visit(Desk(service(engine), store), "me", View())
        with engine.held("Final"):
            visit.perform("ask", {"text": APIS})
            until(lambda: engine.streams == 1)
            store.close()
        until(lambda: visit.desk.progress(visit.view.conversation) is None)
        assert "cannot be used" in visit.desk.unkept
        visit.perform("ask", {"text": APIS})
        assert settled(visit)[0].answer

    def test_one_visitor_cannot_take_every_place(self, engine: HeldEngine, store: Conversations) -> None:
        server = service(engine)
        desk = Desk(server, store)
        most = load_settings().answers_per_client
        with engine.held("Final"):
            visits = [Visit(desk, "me", View()) for _ in range(most + 1)]
            for number, one in enumerate(visits):
                one.perform("ask", {"text": APIS})
                until(lambda n=number: server.answers.working + server.answers.waiting > min(n, most - 1))
            until(lambda: turns(visits[-1])[0].failure)
            assert "requests of yours" in str(turns(visits[-1])[0].failure)
        for one in visits:
            settled(one)


def test_who_waits_for_others_is_told_so(engine: HeldEngine, store: Conversations) -> None:
    desk = Desk(service(engine, answers_at_once=1), store)
    first, second = (Visit(desk, owner, View()) for owner in ("me", "you"))

    def stage(visit: Visit) -> str:
        progress = desk.progress(visit.view.conversation)
        return progress.stage if progress else ""

    with engine.held("Final"):
        first.perform("ask", {"text": APIS})
        until(lambda: stage(first) == "writing")
        second.perform("ask", {"text": APIS})
        until(lambda: stage(second) == "queued")
    assert settled(first)[0].answer and settled(second)[0].answer


def test_a_question_refused_stays_in_its_box_and_the_notice_until_there_is_room(
    desk: Desk, engine: HeldEngine
) -> None:
    board, context = Board(desk._service, desk), "{}"
    with engine.held("Final"):
        for _ in range(MAX_WAITING + 2):
            drawn = board.act("ask", {"text": OUTSIDE}, context, "page", "me")
            context = drawn["context"]
            until(lambda: engine.streams == 1)
        assert "wait already" in drawn["notice"] and drawn["question"] == {"value": OUTSIDE}

    async def watched() -> list[Drawing]:
        return [drawing async for drawing in board.watch(context, "page", "me")]

    assert asyncio.run(watched())[-1]["notice"] == ""


class TestActs:
    def test_an_empty_question_is_no_question(self, visit: Visit) -> None:
        visit.perform("ask", {"text": " \n"})
        assert visit.view.conversation == ""

    def test_a_question_too_long_is_refused_and_not_cut(self, visit: Visit) -> None:
        with pytest.raises(LongQuestionError, match="2,000 characters"):
            visit.perform("ask", {"text": "a" * (MAX_QUESTION + 1)})
        assert visit.view.conversation == ""
        visit.perform("ask", {"text": "a" * MAX_QUESTION + "\n"})
        assert settled(visit)[0].question == "a" * MAX_QUESTION

    def test_an_unknown_act_is_refused(self, visit: Visit) -> None:
        with pytest.raises(InputError, match="reload"):
            visit.perform("format", {"disk": "c:"})

    def test_what_is_no_text_is_left_out(self, visit: Visit) -> None:
        visit.perform("find", {"value": {"$ne": None}})
        assert visit.view.search == ""

    def test_conversations_are_listed_found_renamed_and_deleted(self, visit: Visit) -> None:
        for text in (APIS, OUTSIDE):
            visit.perform("new", {})
            visit.perform("ask", {"text": text})
            settled(visit)
        found = visit.store.list("me", "gRPC")
        assert [one.title for one in found] == [APIS]
        visit.perform("rename", {"id": found[0].id, "title": "Serving"})
        visit.perform("open", {"value": found[0].id})
        assert visit.shown() and visit.shown().title == "Serving"
        visit.perform("delete", {"id": found[0].id})
        assert visit.view.conversation == "" and len(visit.store.list("me")) == 1

    def test_a_correction_is_advice_at_once(self, visit: Visit) -> None:
        visit.perform("ask", {"text": SENSOR})
        (turn,) = settled(visit)
        visit.perform("correct", {"turn": turn.id, "fact": "target", "value": "mobile"})
        answer = turns(visit)[1].answer
        assert answer and answer.recommendation and answer.recommendation.rule == "industry.mobile"
        assert turns(visit)[1].question == "Correction: Industry; What are you building? A mobile app"
        visit.perform(
            "reply", {"turn": turns(visit)[1].id, "fact": "media_input", "value": "true", "text": "Yes"}
        )
        answer = turns(visit)[2].answer
        assert answer and answer.recommendation and answer.recommendation.rule == "industry.mobile_media"

    def test_a_reply_that_names_the_reader_goes_to_the_engine(self, visit: Visit) -> None:
        visit.perform("ask", {"text": "Which framework should I use?"})
        (turn,) = settled(visit)
        assert turn.answer and turn.answer.ask_next and turn.answer.ask_next.fact == "audience"
        visit.perform("reply", {"turn": turn.id, "fact": "audience", "value": "beginner", "text": "Beginner"})
        advice = settled(visit)[1].answer
        assert advice and advice.recommendation and advice.recommendation.audience == "beginner"

    def test_feedback_is_kept_and_taken_back(self, visit: Visit) -> None:
        visit.perform("ask", {"text": APIS})
        (turn,) = settled(visit)
        visit.perform("rate", {"turn": turn.id, "value": "dislike", "reason": "too short"})
        assert (turns(visit)[0].liked, turns(visit)[0].reason) == (False, "too short")
        visit.perform("rate", {"turn": turn.id, "value": ""})
        assert turns(visit)[0].liked is None

    def test_nobody_sees_or_changes_what_is_anothers(self, visit: Visit) -> None:
        visit.perform("ask", {"text": APIS})
        (turn,) = settled(visit)
        mine = visit.view.conversation
        other = Visit(visit.desk, "other", View(conversation=mine))
        assert other.shown() is None and visit.store.list("other") == []
        for act, given in {
            "delete": {"id": mine},
            "rename": {"id": mine, "title": "theirs"},
            "rate": {"turn": turn.id, "value": "dislike"},
            "again": {"turn": turn.id},
            "correct": {"turn": turn.id, "fact": "audience", "value": "beginner"},
            "reply": {"turn": turn.id, "text": "x"},
        }.items():
            other.view.conversation = mine
            with pytest.raises(InputError):
                other.perform(act, given)
        other.view.conversation = mine
        other.perform("ask", {"text": OUTSIDE})
        settled(other)
        assert other.view.conversation != mine
        assert [(one.question, one.liked) for one in turns(visit)] == [(APIS, None)]


class TestVisitors:
    def seen(self, method: str, cookie: str = "") -> tuple[str | None, str | None]:
        """(the owner that the app sees, the cookie that is set)."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            owner = owner_of(Request(scope).headers.get("cookie"))
            await PlainTextResponse(owner or "")(scope, receive, send)

        headers = {"cookie": cookie} if cookie else {}
        reply = TestClient(Visitors(app)).request(method, "/", headers=headers)
        return reply.text or None, reply.headers.get("set-cookie")

    def test_loading_the_page_gives_no_cookie(self) -> None:
        assert self.seen("GET") == (None, None)

    def test_the_first_act_gives_one_that_counts_at_once(self) -> None:
        owner, cookie = self.seen("POST", "theme=dark")
        assert cookie and cookie.endswith("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict")
        again, no_other = self.seen("POST", f"theme=dark; {cookie.partition(';')[0]}")
        assert owner and (again, no_other) == (owner, None)
        assert cookie.partition("=")[2].partition(";")[0] not in owner

    def test_a_cookie_too_short_to_be_ours_is_replaced(self) -> None:
        owner, cookie = self.seen("POST", "visitor=guess")
        assert owner and cookie and "guess" not in cookie

    def test_no_two_visitors_are_the_same(self) -> None:
        assert len({self.seen("POST") for _ in range(20)}) == 20


class TestExports:
    TOKEN = "t" * 43

    @pytest.fixture
    def client(self, store: Conversations) -> TestClient:
        app = FastAPI()
        app.include_router(exporting.routes(lambda: store))
        return TestClient(app)

    def test_the_owner_gets_files_that_can_be_verified_again(
        self, desk: Desk, client: TestClient, tmp_path: Path
    ) -> None:
        owner = owner_of(f"visitor={self.TOKEN}") or ""
        visit = Visit(desk, owner, View())
        for text in (APIS, SENSOR):
            visit.perform("ask", {"text": text})
            settled(visit)
        visit.perform("correct", {"turn": turns(visit)[1].id, "fact": "audience", "value": "hobbyist"})
        headers = {"cookie": f"visitor={self.TOKEN}"}
        address = f"/conversations/{visit.view.conversation}"
        markdown = client.get(f"{address}.md", headers=headers)
        assert markdown.headers["content-disposition"].startswith("attachment;")
        assert "[^1-1]" in markdown.text and "REST 和 gRPC" in markdown.text
        saved = tmp_path / "talk.json"
        saved.write_text(client.get(f"{address}.json", headers=headers).text, "utf-8")
        assert len(json.loads(saved.read_text("utf-8"))["turns"]) == 3
        assert verify_file(saved) == []
        for stranger in ({}, {"cookie": f"visitor={'u' * 43}"}):
            assert client.get(f"{address}.md", headers=stranger).status_code == 404
        assert client.get(f"{address}.exe", headers=headers).status_code == 404


def test_killed_while_chatting_nothing_shown_is_lost(tmp_path: Path) -> None:
    """Five times here; `python -m tests.kill_web FILE 100` does it a hundred times."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.kill_web", str(tmp_path / "talk.db"), "5"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        timeout=300,
    )
    assert found.returncode == 0, found.stderr
    kills, questions, answers = map(int, re.findall(r"\d+", found.stdout))
    assert kills == 5 and questions >= answers > 0
