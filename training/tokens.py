"""`python -m training.tokens [RUN]`: examples -> token ids, in exactly the product's prompt.

A sequence is a head (system text and some of the worked examples, the same for all of a language), then an
example's evidence and question, then its answer and the token that ends a turn. Only the answer is learnt.
A tenth of the texts is held out. Every example is read as written and, in further variants, with its evidence
in another order and among sentences of other texts, its markers following.
"""

import hashlib
import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from assistant import prompts
from assistant.generation import file_of, registered
from assistant.generation.base import Message
from assistant.generation.control import safe
from corpus.article import Language
from corpus.errors import AssistantError, InputError
from corpus.files import write_whole
from training.examples import SEED, Example, Text, examples_of, files, held_out, is_fresh, texts_of
from training.run import Run, finish, stage

ALL = len(prompts.EXAMPLES["en"])
SHOWN_HELP = "worked examples in the head; of several numbers each is used for as many epochs"
STRANGERS = 2
"""Sentences of other texts that a variant shows at most."""


class Sequences(BaseModel):
    """The token ids of a run.

    `heads[language]` are what sequences of that language may begin with, and `shown` says how many worked
    examples each of them holds. An item of `training` or `held_out` is one example with its variants, the
    first as written; `files` are the examples they were made of, and `model` is what is to learn them.
    """

    model: str
    shown: list[int]
    files: list[Path]
    texts_held_out: list[str]
    heads: dict[Language, list[list[int]]]
    training: list["Item"]
    held_out: list["Item"]

    @classmethod
    def load(cls, file: Path) -> "Sequences":
        """Read a run's sequences. Raises InputError."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise InputError(f"There are no tokens in {file}: run `python -m training.tokens`.") from error

    def examples_held_out(self) -> list[Example]:
        """The examples over the texts held out, in order."""
        every = (example for file in self.files for example in examples_of(file))
        return [example for example in every if example.text in self.texts_held_out]

    def digest(self) -> str:
        """A hash of all that is learnt from."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Item(BaseModel):
    """An example as token ids; for each variant, `prompts[i]` follows the head and `answers[i]` is learnt."""

    id: str
    language: Language
    prompts: list[list[int]]
    answers: list[list[int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    parser = stage("tokens", __doc__)
    parser.add_argument("--model", default=registered()[0], help="registered name or GGUF file")
    parser.add_argument("--shown", type=int, nargs="+", default=[0], help=SHOWN_HELP)
    parser.add_argument(
        "--variants", type=int, default=2, help="readings of each example, the first as written"
    )
    parser.add_argument("--examples", type=Path, nargs="+", help="files of examples instead of all")
    options = parser.parse_args(arguments)
    run = Run(options.run)

    def work() -> str:
        chosen = options.examples or files()
        sequences = tokenise(chosen, options.model, list(dict.fromkeys(options.shown)), options.variants)
        run.folder.mkdir(parents=True, exist_ok=True)
        write_whole(run.tokens, sequences.model_dump_json().encode())
        return f"read {len(chosen)} files of examples, wrote {run.tokens}: {_told(sequences)}"

    return finish(work)


def head(language: Language, shown: int) -> list[Message]:
    """The beginning of a prompt with only so many of the product's worked examples."""
    return prompts.head(language)[: 1 + 2 * shown]


def prompt(example: Example, shown: int) -> list[Message]:
    """The whole prompt of an example."""
    asked = prompts.ask(example.language, example.evidence, example.question)
    return [*head(example.language, shown), {"role": "user", "content": asked}]


def tokenise(chosen: Sequence[Path], model: str, shown: list[int], variants: int) -> Sequences:
    """The examples of the files as token ids. Raises AssistantError for the test, or what is unreadable."""
    if any(map(is_fresh, chosen)):
        raise InputError("training/fresh is the test, expected examples to learn from: leave it out.")
    tokenizer = _tokenizer(file_of(model))
    texts = [text for file in chosen for text in texts_of(file)]
    aside = held_out(texts)
    learnt = [text for text in texts if text.id not in aside]
    sequences = Sequences(
        model=model,
        shown=shown,
        files=list(chosen),
        texts_held_out=sorted(aside),
        heads={},
        training=[],
        held_out=[],
    )
    chance = random.Random(SEED)
    for example in (example for file in chosen for example in examples_of(file)):
        kept = example.text in aside
        others = [] if kept else [varied(example, learnt, chance) for _ in range(variants - 1)]
        parts = [_parts(tokenizer, one, shown[0]) for one in (example, *others)]
        item = Item(
            id=example.id,
            language=example.language,
            prompts=[asked for _, asked, _ in parts],
            answers=[answer for _, _, answer in parts],
        )
        if example.language not in sequences.heads:
            sequences.heads[example.language] = [_parts(tokenizer, example, n)[0] for n in shown]
        (sequences.held_out if kept else sequences.training).append(item)
    return sequences


def varied(example: Example, texts: Sequence[Text], chance: random.Random) -> Example:
    """The example with its evidence in another order, among some sentences of other texts."""
    others = [text for text in texts if text.language == example.language and text.id != example.text]
    chosen = chance.sample(others, min(len(others), chance.randint(0, STRANGERS)))
    shown = [*example.evidence, *(chance.choice(text.sentences) for text in chosen)]
    order = chance.sample(range(len(shown)), len(shown))
    new = {old + 1: place for place, old in enumerate(order, 1)}
    answer = re.sub(r"\[(\d)\]", lambda marker: f"[{new[int(marker[1])]}]", example.answer)
    return example.model_copy(update={"evidence": tuple(shown[i] for i in order), "answer": answer})


def _parts(tokenizer: Any, example: Example, shown: int) -> tuple[list[int], list[int], list[int]]:
    """(head, prompt behind it, answer) as token ids, each tokenised apart, as at run time."""

    def rendered(messages: Sequence[Message], ask: bool) -> str:
        text: str = tokenizer.apply_chat_template(safe(messages), tokenize=False, add_generation_prompt=ask)
        return text

    def ids(text: str) -> list[int]:
        found: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    messages = prompt(example, shown)
    begun, asked = rendered(messages[:-1], ask=False), rendered(messages, ask=True)
    end = tokenizer.eos_token
    told = rendered([*messages, {"role": "assistant", "content": example.answer}], ask=False)
    if not (asked.startswith(begun) and told.startswith(f"{asked}{example.answer}{end}")):
        raise InputError(
            f"The chat template does not put an answer and {end} behind a prompt; choose another model."
        )
    return ids(begun), ids(asked.removeprefix(begun)), [*ids(example.answer), tokenizer.eos_token_id]


def _tokenizer(file: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name, local_files_only=True)
    except Exception as error:  # the loaders of many formats raise what they please
        raise AssistantError(f"transformers finds no tokenizer in {file} ({error}).") from error


def _told(sequences: Sequences) -> str:
    items = sequences.training
    learnt = sum(len(answer) for item in items for answer in item.answers)
    read = sum(len(asked) for item in items for asked in item.prompts)
    heads = ", ".join(f"{language} {len(ids)}" for language, some in sequences.heads.items() for ids in some)
    return (
        f"{len(items)} examples to learn in {sum(len(item.answers) for item in items)} readings "
        f"({read:,} tokens of prompts, {learnt:,} of answers, heads of {heads}), "
        f"{len(sequences.held_out)} held out"
    )


if __name__ == "__main__":
    sys.exit(main())
