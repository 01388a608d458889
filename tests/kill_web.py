"""Chats through the served page until its server is killed: `python -m tests.kill_web FILE ROUNDS`.

Each round forks a server of page, true engine and scripted model over FILE, chats with it as a browser does,
and kills it with -9 at some moment. Whatever the page has shown counts as acknowledged: a question, and an
answer once it stands there whole. After each kill the file must be sound, and the next server must show all
of it again, each answer as it was. Prints the figures; exits 1 at the first thing lost.
"""

import contextlib
import os
import random
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from assistant.conversations import Conversations
from tests.webworld import APIS, Caller, HeldEngine, forked

LONGEST_S = 0.8
"""A server is killed within this time of the first question, of which it answers about a dozen."""

TURN = re.compile(
    r'<article class="turn"[^>]* data-turn="(\w+)"[^>]* data-state="(\w+)".*?</article>', re.DOTALL
)


class Visitor:
    """One browser over many servers: its cookies, its newest conversation, and every turn it was shown."""

    def __init__(self) -> None:
        self.cookies = httpx.Cookies()
        self.conversation = ""
        self.shown: dict[str, str] = {}
        self.asked, self.answered = 0, 0

    def arrive(self, url: str) -> Caller:
        """Open the page where it was left, and find everything there that was shown."""
        caller = Caller(url)
        caller.http.cookies.update(self.cookies)
        self.see_again(caller.act("hello", value="en", conversation=self.conversation))
        self.cookies.update(caller.http.cookies)
        return caller

    def chat(self, url: str, began: Callable[[], None]) -> None:
        """Say when the chat begins, and ask until the server is gone."""
        with contextlib.suppress(httpx.TransportError):
            caller = self.arrive(url)
            caller.act("new")
            began()
            while True:
                number = self.asked + len(self.shown)  # no two alike: none is answered from memory
                self.see(caller.act("ask", text=f"{APIS} ({number})"))
                self.conversation = re.search(r'"conversation":"(\w+)"', caller.context)[1]  # type: ignore[index]
                self.see(caller.watch())

    def see(self, drawn: dict[str, Any]) -> None:
        """Remember each turn that is drawn, and an answered one as it stands there."""
        for turn in TURN.finditer(str(drawn["thread"])):
            self.shown[turn[1]] = turn[0] if turn[2] == "answered" else self.shown.get(turn[1], "")

    def see_again(self, drawn: dict[str, Any]) -> None:
        """Find everything that was shown; then all of it may be forgotten."""
        now = {turn[1]: turn[0] for turn in TURN.finditer(str(drawn["thread"]))}
        for turn, before in self.shown.items():
            if turn not in now or before not in ("", now[turn]):
                raise SystemExit(f"lost: turn {turn} was shown as {before!r}, and is now {now.get(turn)!r}")
        self.asked += len(self.shown)
        self.answered += sum(map(bool, self.shown.values()))
        self.shown = {}


def main(file: Path, rounds: int) -> None:
    """Start, chat, kill and look, as often as told; then look once more."""
    random.seed(7)
    engine, visitor = HeldEngine.scripted(), Visitor()
    engine.ask(APIS)  # what it computes once, it need not in each fork
    for _ in range(rounds):
        with forked(engine, file) as (url, server):
            timer = threading.Timer(random.uniform(0, LONGEST_S), os.kill, [server, signal.SIGKILL])
            visitor.chat(url, timer.start)
            timer.join()
        with Conversations.open(file) as store:
            store.check()
    with forked(engine, file) as (url, _):
        visitor.arrive(url)
    print(f"{rounds} kills, {visitor.asked} questions and {visitor.answered} answers shown, none lost")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
