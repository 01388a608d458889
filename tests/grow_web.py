"""What memory the server takes for each chat: `python -m tests.grow_web FILE CHATS`.

Forks a server of page, true engine and scripted model over FILE and visits it, one new browser after the
other: each opens the page, asks for a fact, for advice or for what the article does not say, and leaves.
Prints the resident memory as it goes, and the slope once the server is warm; exits 1 where that is steeper
than SLOPE_KB.
"""

import sys
from pathlib import Path

import numpy as np

from tests.webworld import APIS, APIS_ZH, OUTSIDE, SENSOR, SENSOR_ZH, Caller, HeldEngine, forked

SLOPE_KB = 5.0
"""What a chat may cost for good."""

WARM = 0.3
"""The share of the chats after which everything is there that is kept once, or of the newest alone."""

ASKED = (("en", APIS), ("zh", SENSOR_ZH), ("en", OUTSIDE), ("zh", APIS_ZH), ("en", SENSOR))


def chat(url: str, language: str, question: str) -> None:
    """A visit from the first word to the last."""
    caller = Caller(url)
    caller.act("hello", value=language)
    drawn = f"{caller.act('ask', text=question)}{caller.watch()}"
    assert 'data-state="answered"' in drawn, drawn
    caller.close()


def resident_kb(process: int) -> int:
    """Resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def main(file: Path, chats: int) -> int:
    """Chat, measure, fit a line."""
    engine, used = HeldEngine.scripted(), list[int]()
    with forked(engine, file) as (url, server):
        for number in range(chats):
            language, question = ASKED[number % len(ASKED)]
            chat(url, language, f"{question} ({number})")  # no two alike: none is answered from memory
            used.append(resident_kb(server))
            if number % max(1, chats // 20) == 0:
                print(f"{number:5} chats  {used[-1] / 1024:6.1f} MB", flush=True)
    warm = used[int(chats * WARM) :]
    slope = float(np.polyfit(np.arange(len(warm)), warm, 1)[0])
    print(f"{chats} chats: {slope:.2f} KB a chat after the first {chats - len(warm)}")
    return int(slope > SLOPE_KB)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
