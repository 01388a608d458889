"""Writes conversations until it is killed, a hundred times over: `python writer.py FILE ROUNDS`.

Each round forks a process that asks, streams from the scripted engine and keeps the answer, and tells its
parent after each step what the store has acknowledged. The parent kills it with -9 at some moment and prints
the acknowledged steps as JSON lines: ["asked" | "answered", turn id, conversation id].
"""

import os
import random
import signal
import sys
import time

from doubles import CannedEngine

from assistant.answer import Final
from assistant.conversations import Conversations


def write(path: str, pipe: int) -> None:
    """Converse for ever; every line in the pipe is something that was acknowledged."""
    store, engine = Conversations.open(path), CannedEngine()
    conversation = store.begin("terminal")
    while True:
        turn = store.ask(conversation.id, "What is TensorFlow Lite for?")
        os.write(pipe, f'["asked", "{turn}", "{conversation.id}"]\n'.encode())
        for event in engine.stream("What is TensorFlow Lite for?"):
            if isinstance(event, Final):
                store.answer(turn, event.answer)
                os.write(pipe, f'["answered", "{turn}", "{conversation.id}"]\n'.encode())


def main(path: str, rounds: int) -> None:
    """Fork, let it write for some milliseconds, kill it."""
    random.seed(7)
    for _ in range(rounds):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            write(path, writer)
        os.close(writer)
        time.sleep(random.uniform(0.005, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reader, "rb") as lines:
            sys.stdout.buffer.write(lines.read())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
