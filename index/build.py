"""`python -m index.build`: embed passages, questions, attributes and situations: the index that ships."""

import argparse
import time
from pathlib import Path

from corpus import article, chunking
from index import attributes, bank, situations
from index.embedder import DEFAULT, open_embedder
from index.likeness import AsQuestions
from index.retriever import index_texts
from index.store import PACKAGED, build


def main() -> None:
    """Build, and say in one line what was read and written."""
    parser = argparse.ArgumentParser(prog="python -m index.build", description=__doc__)
    parser.add_argument("--embedder", default=DEFAULT, help="e5-small-q4, a hub id or a folder")
    parser.add_argument("--out", type=Path, default=PACKAGED, help="folder to write (default: %(default)s)")
    options = parser.parse_args()
    started = time.monotonic()
    passages = chunking.passages(article.load())
    embedder = open_embedder(options.embedder)
    store = build(options.out / "passages", index_texts(passages), embedder)
    wordings = [wording for need in bank.load() for wording in need.wordings]
    questions = build(options.out / "questions", wordings, AsQuestions(embedder))
    wordings = [wording for attribute in attributes.load() for wording in attribute.wordings]
    asked = build(options.out / "attributes", wordings, AsQuestions(embedder))
    wordings = situations.texts(situations.load())
    told = build(options.out / "situations", wordings, AsQuestions(embedder))
    print(  # noqa: T201
        f"read {len(passages)} passages, {len(questions.texts)} questions, {len(asked.texts)} wordings of "
        f"attributes and {len(told.texts)} of situations, wrote {store.check()}; {questions.check()}; "
        f"{asked.check()}; {told.check()} "
        f"({time.monotonic() - started:.1f} s)"
    )


if __name__ == "__main__":
    main()
