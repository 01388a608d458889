"""Throws generated requests at the API and holds every reply to its OpenAPI document.

    python tests/contract.py [EXAMPLES]      at least 1,000 cases with the default of 60 per operation

The engine is the true one without a model; the seed is fixed, so that a failure comes again.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from doors import api_over, serving

from assistant.engine import Engine
from assistant.settings import load_settings

CONFIG = Path(__file__).with_name("schemathesis.toml")


def check(url: str, examples: int, key: str = "none", seed: int = 20261123) -> tuple[int, str]:
    """How many cases were tried, and what schemathesis says of the failures; empty when there are none."""
    command = [Path(sys.executable).with_name("st"), "--config-file", CONFIG, "run", f"{url}/openapi.json"]
    options = ["--max-examples", str(examples), "--seed", str(seed), "--checks", "all", "--no-color"]
    options += ["-H", f"Authorization: Bearer {key}"]
    with TemporaryDirectory() as folder:  # for what it keeps
        done = subprocess.run([*command, *options], capture_output=True, text=True, cwd=folder)
    cases = re.search(r"(\d+) generated", done.stdout)
    report = done.stdout.partition("= FAILURES =")[2] or done.stdout
    return int(cases[1]) if cases else 0, report + done.stderr if done.returncode else ""


def main(examples: int = 60) -> int:
    """Check the whole API and print what was found."""
    with serving(api_over(Engine.open(load_settings(llm="none")))) as url:
        cases, failures = check(url, examples)
    print(failures or f"{cases} cases, no failure.")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
