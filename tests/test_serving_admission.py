"""Who works, who waits, who is sent away: the queue by itself, as threads and as asyncio use it."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.serving.admission import (
    LONGEST_WAIT_S,
    Admission,
    ClosingError,
    CrowdedError,
    FullError,
    RefusedError,
)


def test_works_at_once_then_waits_then_refuses() -> None:
    room = Admission(at_once=2, waiting=1, per_client=9)
    first, second, third = room.join("a"), room.join("a"), room.join("b")
    assert [ticket.turn.done() for ticket in (first, second, third)] == [True, True, False]
    with pytest.raises(FullError) as caught:
        room.join("c")
    assert (caught.value.status, caught.value.reason) == (503, "full")
    first.leave()
    assert third.turn.done()
    assert (room.working, room.waiting) == (2, 0)


def test_one_client_has_only_so_many_places() -> None:
    room = Admission(at_once=1, waiting=9, per_client=2)
    working, waiting = room.join("greedy"), room.join("greedy")
    with pytest.raises(CrowdedError) as caught:
        room.join("greedy")
    assert (caught.value.status, caught.value.reason) == (429, "client")
    room.join("other")
    waiting.leave()
    assert not room.join("greedy").turn.done()
    working.leave()


def test_turns_go_round_the_clients() -> None:
    room = Admission(at_once=1, waiting=9, per_client=9)
    begun: list[str] = []
    now = room.join("busy")
    for name in ("greedy 1", "greedy 2", "greedy 3", "modest 1"):
        ticket = room.join(name.split()[0])
        ticket.turn.add_done_callback(
            lambda _, name=name, ticket=ticket: begun.append(name) or ticket.leave()
        )
    now.leave()
    assert begun == ["greedy 1", "modest 1", "greedy 2", "greedy 3"]


def test_who_leaves_the_line_is_not_called() -> None:
    room = Admission(at_once=1, waiting=9, per_client=9)
    now, impatient, patient = (room.join(name) for name in "abc")
    impatient.leave()
    impatient.leave()
    assert impatient.turn.cancelled()
    now.leave()
    now.leave()
    assert patient.turn.done()
    assert (room.working, room.waiting) == (1, 0)


def test_closing_refuses_who_waits_and_who_comes() -> None:
    room = Admission(at_once=1, waiting=9, per_client=9)
    working, waiting = room.join("a"), room.join("b")
    room.close()
    assert isinstance(waiting.turn.exception(0), ClosingError)
    with pytest.raises(ClosingError) as caught:
        room.join("c")
    assert caught.value.status == 503
    working.leave()
    assert room.working == 0


def test_says_when_to_come_back_by_how_long_turns_take() -> None:
    room = Admission(at_once=1, waiting=0, per_client=9)
    ticket = room.join("a")

    def told() -> int:
        with pytest.raises(FullError) as caught:
            room.join("b")
        return caught.value.retry_after

    before = told()
    for _ in range(40):  # turns that take no time
        ticket.leave()
        ticket = room.join("a")
    assert 1 <= told() < before <= LONGEST_WAIT_S


def test_a_place_is_given_up_however_the_work_ends() -> None:
    room = Admission(at_once=1, waiting=9, per_client=9)

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            async with room.place("a"):
                assert room.working == 1
                raise ZeroDivisionError
        async with room.place("a"):
            waiting = asyncio.create_task(asyncio.wait_for(anext(aiter_of(room)), 0.05))
            with pytest.raises(TimeoutError):
                await waiting
            assert room.waiting == 0
        assert room.working == 0

    async def aiter_of(room: Admission):
        async with room.place("b"):
            yield "a place"

    asyncio.run(main())


@settings(max_examples=40, deadline=None)
@given(
    at_once=st.integers(1, 3),
    waiting=st.integers(0, 5),
    per_client=st.integers(1, 4),
    clients=st.lists(st.sampled_from("abcd"), max_size=40),
)
def test_threads_never_break_the_limits(
    at_once: int, waiting: int, per_client: int, clients: list[str]
) -> None:
    room = Admission(at_once, waiting, per_client)
    working: list[str] = []
    worst: list[int] = []

    def ask(client: str) -> None:
        try:
            ticket = room.join(client)
        except RefusedError as error:
            assert 1 <= error.retry_after <= LONGEST_WAIT_S
            return
        ticket.turn.result(10)
        working.append(client)
        worst.append(len(working))
        working.remove(client)
        ticket.leave()

    threads = [threading.Thread(target=ask, args=client) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert max(worst, default=0) <= at_once
    assert (room.working, room.waiting, working) == (0, 0, [])
