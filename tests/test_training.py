"""The recipe of the adapter, end to end, on a model small enough to be trained in seconds."""

import _thread
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import pytest
import torch
from tiny_models import write_gguf

from assistant.generation import open_generator
from assistant.generation.base import Request
from assistant.settings import load_settings
from corpus.errors import AssistantError, GenerationError, InputError
from evaluation import labelled
from index.retriever import Retriever
from training import adapter, check, judge, lora, tokens
from training.examples import FRESH, Example, Text, examples_of, files, held_out, texts_of
from training.lora import Options, train
from training.marking import of_examples, of_questions
from training.packing import Pack, packs, tensors
from training.run import Run
from training.tokens import Sequences, tokenise, varied

SHORT = ["--rank", "4", "--alpha", "8", "--pack", "600", "--batch", "2", "--rate", "0.01", "--threads", "1"]
STEPS = 16


def text(name: str, subject: str, language: str = "en") -> dict[str, Any]:
    if language == "zh":
        said = [f"{subject}的第{n}号门在早上{n}点开。" for n in range(2, 10)]
    else:
        said = [f"Door {n} of {subject} opens at {n} in the morning." for n in range(2, 10)]
    return {"id": name, "language": language, "title": subject, "genre": "guide", "sentences": said}


def example(about: dict[str, Any], number: int = 1, **fields: Any) -> dict[str, Any]:
    """One that nothing answers, unless the fields say otherwise."""
    question = "谁造了它?" if about["language"] == "zh" else "Who built it?"
    plain = {
        "id": f"{about['id']}-{number:02}",
        "text": about["id"],
        "language": about["language"],
        "kind": "unanswerable",
        "evidence": about["sentences"][number : number + 1],
        "question": question,
        "answer": "NONE",
    }
    return plain | fields


TEXTS = [
    *(text(f"X{n:02}", subject) for n, subject in enumerate(("Old Hall", "New Hall", "the mill"))),
    *(text(f"Y{n:02}", subject, "zh") for n, subject in enumerate(("老厅", "新厅"))),
]


def written(folder: Path, texts: list[dict[str, Any]], examples: list[dict[str, Any]]) -> Path:
    """A file of examples with its texts beside it."""
    for part, lines in (("texts", texts), ("examples", examples)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        whole = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / part / "X.jsonl").write_text(whole, "utf-8")
    return folder / "examples" / "X.jsonl"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model whose layers can learn."""
    home = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_HOME", str(home))
        yield write_gguf(home / "tiny.gguf", noise=0.1)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("learnt"), TEXTS, [example(text) for text in TEXTS])


@pytest.fixture(scope="module")
def trained(tiny: Path, examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which the model learnt to write NONE."""
    folder = tmp_path_factory.mktemp("run")
    assert tokens.main([str(folder), "--model", str(tiny), "--examples", str(examples)]) == 0
    assert lora.main([str(folder), *SHORT, "--epochs", str(STEPS), "--steps", str(STEPS)]) == 0
    return Run(folder)


@pytest.fixture(scope="module")
def sequences(tiny: Path, examples: Path) -> Sequences:
    return tokenise([examples], str(tiny), [0, 2], 3)


@pytest.fixture(scope="module")
def told(trained: Run) -> str:
    """What the stage of the adapter says of every prompt that was held out."""
    sequences = Sequences.load(trained.tokens)
    adapter.write(trained, sequences)
    return adapter.prove(trained, sequences, 10)


def options(**chosen: Any) -> Options:
    plain: dict[str, Any] = {
        "rank": 2, "alpha": 4.0, "layers": ("q_proj", "down_proj"), "epochs": 6, "steps": 8, "rate": 0.01,
        "warmup": 0.1, "pack": 600, "batch": 1, "recompute": False, "seed": 1,
    }  # fmt: skip
    return Options(**plain | chosen)


def interrupt_after(file: Path) -> None:
    """Press Ctrl-C for the main thread as soon as a file is there."""
    while not file.exists():
        time.sleep(0.01)
    _thread.interrupt_main()


def said_by(model: Path, **settings: Any) -> str:
    generator = open_generator(str(model), load_settings(**settings))
    spoken = "".join(generator.stream(Request([{"role": "user", "content": "hi"}], 8))) if generator else ""
    if generator:
        generator.close()
    return spoken


class TestCheck:
    """Every fault is named; what is written for training has none."""

    def test_all_examples_are_fit_to_be_learnt(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert check.main([]) == 0
        assert "0 faults" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"evidence": ["Door 3 of Old Hall opens at 4 in the morning."]}, "does not stand in X00"),
            ({"kind": "fact"}, "is answered NONE, which kind fact is not"),
            ({"answer": "Door 3 opens at 3. [1]"}, "is unanswerable and answered"),
            ({"kind": "fact", "answer": "Door 3 of Old Hall opens at 3 in the morning."}, "no marker after"),
            ({"kind": "fact", "answer": "Door 3 opens at 3. [2]"}, "a marker names no evidence"),
            (
                {"kind": "fact", "answer": "Door 3 of Old Hall opens at 5 in the morning. [1]"},
                "refused (number",
            ),
            ({"kind": "fact", "answer": "Door 3 of Old Hall never opens at 3. [1]"}, "refused (negation"),
            ({"question": "Does Keras open it?"}, "names keras"),
            ({"kind": "advice"}, "advice is asked by a verdict"),
            ({"language": "zh"}, "its language is not that of X00"),
            (
                {"kind": "fact", "answer": "Door 3 of Old Hall opens at 3. [1]", "never": ["at 3"]},
                "is not what it says a right reply must",
            ),
            ({"text": "X09"}, "there is no text X09"),
            ({"id": "X00"}, "X00: is used 2 times"),
        ],
    )
    def test_a_fault_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: dict[str, Any], fault: str
    ) -> None:
        file = written(tmp_path, TEXTS[:1], [example(TEXTS[0], 1, **fields)])
        assert check.main([str(file)]) == 1
        assert fault in capsys.readouterr().out

    def test_a_line_that_is_no_example_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = written(tmp_path, TEXTS[:1], [example(TEXTS[0], kind="riddle")])
        assert check.main([str(file)]) == 2
        assert "line 1, kind" in capsys.readouterr().err


class TestFresh:
    """The test that an adapter is judged by and never learns from."""

    def test_it_is_fit_to_be_judged_by(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert check.main([str(FRESH)]) == 0
        assert "100 examples: 0 faults" in capsys.readouterr().out
        assert Counter(example.language for example in examples_of(FRESH)) == {"zh": 50, "en": 50}

    def test_its_kinds_of_question_are_those_of_training(self) -> None:
        learnt = Counter(one.kind for file in files() for one in examples_of(file))
        judged = Counter(one.kind for one in examples_of(FRESH))
        assert judged.keys() == learnt.keys()
        assert all(abs(judged[kind] / 100 - n / learnt.total()) < 0.02 for kind, n in learnt.items())

    def test_it_shares_nothing_with_what_is_learnt(self) -> None:
        known = [text for file in files() for text in texts_of(file)]
        for text in texts_of(FRESH):
            assert text.genre not in {other.genre for other in known}
            assert not set(text.sentences) & {said for other in known for said in other.sentences}
        asked = {example.question for file in files() for example in examples_of(file)}
        assert not asked & {example.question for example in examples_of(FRESH)}

    def test_it_cannot_be_learnt(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert FRESH not in files()
        run = str(tmp_path / "run")
        assert tokens.main([run, "--examples", str(files()[0]), str(FRESH)]) == InputError.exit_code
        assert "training/fresh is the test" in capsys.readouterr().err
        assert not Path(run).exists()

    def test_the_right_sentences_copied_are_right_and_the_others_are_not(self) -> None:
        tasks = of_examples("fresh", examples_of(FRESH), check.vocabulary(texts_of(FRESH)))
        for one, task in zip(examples_of(FRESH), tasks, strict=True):
            cited = {n for _, markers in one.sentences() for n in markers}
            written = {n: f"{sentence} [{n}]" for n, sentence in enumerate(one.evidence, 1)}
            assert task.mark(one.answer).right, one.id
            assert task.mark("NONE").right is not one.is_answered, one.id
            if one.is_answered:
                assert task.mark(" ".join(written[n] for n in sorted(cited))).right, one.id
            assert not any(task.mark(written[n]).right for n in written.keys() - cited), one.id

    @pytest.mark.parametrize(
        ("id", "reply", "right"),
        [
            ("F01-09", "No, the laurels belong only to the defendant. [2]", True),
            ("F01-09", "Yes, the laurels belong only to the defendant. [2]", False),
            ("F01-08", "She asked for the removal of the hedge, damages and her costs. [2]", True),
            ("F01-08", "She asked for the removal of the hedge and her costs. [2]", False),
            ("F02-12", "Clara Winth was replaced by Jory Vray as second violin in 2017. [1]", True),
            ("F02-12", "Clara Winth replaced Jory Vray as second violin. [1]", False),
            ("F03-12", "多数业主赞成的是半层入户,不是平层入户。[2]", True),
            ("F03-12", "多数业主赞成平层入户。[2]", False),
            ("F04-13", "白棋的外势更厚。[2]", True),
            ("F04-13", "黑棋的外势厚。[2]", False),
            ("F05-07", "North slopes are more dangerous than south slopes. [1]", True),
            ("F05-07", "South slopes are more dangerous than north and east slopes. [1]", False),
            ("F06-05", "不能,听到闷响应立即离开山坡。[1]", True),
            ("F06-05", "可以,如果听到闷响,应立即离开山坡。[1]", False),
        ],
    )
    def test_other_words_are_right_and_the_contrary_is_not(self, id: str, reply: str, right: bool) -> None:
        tasks = of_examples("fresh", examples_of(FRESH), check.vocabulary(texts_of(FRESH)))
        assert next(task for task in tasks if task.id == id).mark(reply).right is right

    def test_it_is_asked_with_its_texts(
        self, trained: Run, told: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        options = ["--sets", "--shown", "0", "--most", "3", "--examples", str(FRESH)]
        assert judge.main([str(trained.folder), *options]) == 0
        shares = json.loads(trained.judgement.read_text())["shares"]
        assert shares["on, 0 shown"]["fresh: right"][1] == 3
        assert "fresh: right" in capsys.readouterr().out


class TestTokens:
    """Sequences are the product's prompts, and what is held out is not learnt."""

    def test_a_sequence_is_the_prompt_and_the_answer(self, sequences: Sequences) -> None:
        item = sequences.held_out[0]
        kept = next(e for e in sequences.examples_held_out() if e.id == item.id)
        for n, shown in enumerate((0, 2)):
            prompt = "".join(
                f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in tokens.prompt(kept, shown)
            )
            ids = sequences.heads[item.language][n] + item.prompts[0]
            assert len(ids) == bytes_of(prompt + "<|im_start|>assistant\n")
        assert len(item.answers[0]) == len("NONE") + 1

    def test_whole_texts_are_held_out(self, sequences: Sequences, examples: Path) -> None:
        texts = texts_of(examples)
        assert sorted(held_out(texts)) == sequences.texts_held_out
        assert {text.language for text in texts if text.id in held_out(texts)} == {"en", "zh"}
        learnt, kept = ({item.id[:3] for item in items} for items in (sequences.training, sequences.held_out))
        assert learnt | kept == {text.id for text in texts} and not learnt & kept

    def test_a_variant_keeps_what_its_markers_mean(self, examples: Path) -> None:
        first = texts_of(examples)[0]
        shown = first.sentences[:3]
        one = Example(
            id="X00-01", text="X00", language="en", kind="fact", evidence=shown, question="?",
            answer=f"{shown[2]} [3] {shown[0]} [1]",
        )  # fmt: skip
        for seed in range(5):
            other = varied(one, texts_of(examples), random.Random(seed))
            assert set(shown) <= set(other.evidence)
            cited = [other.quotes(markers)[0].text for _, markers in other.sentences()]
            assert cited == [shown[2], shown[0]] == [said for said, _ in other.sentences()]

    def test_an_example_is_computed_in_a_pack_as_it_is_alone(self, sequences: Sequences, tiny: Path) -> None:
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(str(tiny.parent), gguf_file=tiny.name)
        together = packs(sequences.training, sequences, 4000)[0]
        assert len(together.parts) > 1

        def states(pack: Pack) -> torch.Tensor:
            given = tensors(pack)
            with torch.no_grad():
                out = model(given.ids, attention_mask=given.mask, position_ids=given.positions)
            return torch.as_tensor(out.logits[0, given.places])

        alone = torch.cat([states(Pack(together.head, (part,))) for part in together.parts])
        torch.testing.assert_close(states(together), alone, rtol=1e-3, atol=1e-3)


def bytes_of(prompt: str) -> int:
    """Tokens of a prompt of the tiny model: a byte each, a control token, or two spaces."""
    return len(prompt.replace("<|im_start|>", "^").replace("<|im_end|>", "$").replace("  ", " ").encode())


class TestLora:
    """It learns, and a stop changes nothing about what is learnt."""

    def test_the_loss_falls_and_is_drawn(self, trained: Run) -> None:
        told = json.loads(trained.progress.read_text())
        assert told["step"] == len(told["losses"]) == STEPS
        assert told["losses"][-1] < 0.1 * told["losses"][0]
        assert told["held_out"][-1][1] < 0.2 * told["held_out"][0][1]
        assert trained.curve.read_text().count("<circle") == len(told["held_out"])

    def test_after_a_stop_it_goes_on_to_the_same_adapter(self, trained: Run, tmp_path: Path) -> None:
        runs = [Run(tmp_path / name) for name in ("whole", "stopped")]
        for run in runs:
            run.folder.mkdir()
            run.tokens.write_bytes(trained.tokens.read_bytes())
        train(runs[0], options(), 1000)
        with pytest.raises(KeyboardInterrupt):
            threading.Thread(target=interrupt_after, args=(runs[1].curve,)).start()
            train(runs[1], options(), 0)
        assert 0 < json.loads(runs[1].progress.read_text())["step"] < options().steps
        train(runs[1], options(), 1000)
        one, other = ((run.peft / "adapter_model.safetensors").read_bytes() for run in runs)
        assert one == other

    def test_a_checkpoint_of_other_options_is_not_gone_on_from(self, trained: Run) -> None:
        with pytest.raises(InputError, match="is of a training with other tokens or options"):
            train(trained, options(), 1000)

    def test_without_tokens_the_stage_before_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"run `python -m training\.tokens`"):
            train(Run(tmp_path), options(), 1000)


class TestAdapter:
    """One file, the same in llama.cpp, in transformers and in peft."""

    def test_both_engines_write_what_peft_writes(self, told: str) -> None:
        same = "transformers writes 2 of 2 as peft does, llama.cpp writes 2 of 2 as peft does"
        assert told == f"{same} (0 without the adapter)"

    def test_the_file_holds_what_llama_cpp_looks_for(self, trained: Run, told: str) -> None:
        reader = gguf.GGUFReader(trained.adapter)
        keys = ("general.type", "general.architecture", "adapter.type", "adapter.lora.alpha", adapter.SHOWN)
        assert [reader.fields[key].contents() for key in keys] == ["adapter", "qwen2", "lora", 8.0, 0]
        shapes = {tensor.name: tensor.data.shape for tensor in reader.tensors}
        assert shapes["blk.0.ffn_down.weight.lora_a"] == (4, 64)
        assert shapes["blk.0.ffn_down.weight.lora_b"] == (320, 4)
        assert len(shapes) == 2 * len(lora.LAYERS)

    def test_an_adapter_that_does_something_else_is_refused(
        self, trained: Run, told: str, tmp_path: Path
    ) -> None:
        config = json.loads((trained.peft / "adapter_config.json").read_text())
        strong = Run(tmp_path)
        strong.peft.mkdir()
        (strong.peft / "adapter_config.json").write_text(json.dumps(config | {"lora_alpha": -8}))
        (strong.peft / "adapter_model.safetensors").write_bytes(
            (trained.peft / "adapter_model.safetensors").read_bytes()
        )
        strong.adapter.write_bytes(trained.adapter.read_bytes())
        with pytest.raises(AssistantError, match="is not what peft trained"):
            adapter.prove(strong, Sequences.load(trained.tokens), 1)

    def test_without_a_trained_one_the_stage_before_is_named(self, trained: Run, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"run `python -m training\.lora`"):
            adapter.write(Run(tmp_path), Sequences.load(trained.tokens))

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    def test_the_setting_changes_what_an_engine_writes(
        self, tiny: Path, trained: Run, told: str, prefix: str
    ) -> None:
        bare = said_by(f"{prefix}{tiny}")
        assert bare == said_by(f"{prefix}{tiny}", adapter="off")
        assert bare != said_by(f"{prefix}{tiny}", adapter=str(trained.adapter))

    @pytest.mark.parametrize("prefix", ["", "transformers:"])
    def test_what_is_no_adapter_of_the_model_is_refused(
        self, tiny: Path, tmp_path: Path, prefix: str
    ) -> None:
        with pytest.raises(GenerationError, match="ASSISTANT_ADAPTER to off"):
            said_by(f"{prefix}{tiny}", adapter=str(tiny))
        with pytest.raises(InputError, match="There is no adapter"):
            said_by(f"{prefix}{tiny}", adapter=str(tmp_path / "none.gguf"))

    def test_a_kept_prefix_is_of_one_adapter(
        self, tiny: Path, trained: Run, told: str, tmp_path: Path
    ) -> None:
        kept: list[set[str]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ASSISTANT_HOME", str(tmp_path))
            for chosen in ("off", str(trained.adapter), "off"):
                generator = open_generator(str(tiny), load_settings(adapter=chosen))
                assert generator is not None
                generator.warm([{"role": "user", "content": "hi"}])
                generator.close()
                kept.append({file.name for file in (tmp_path / "prompts").iterdir()})
        assert [len(names) for names in kept] == [1, 2, 2]


class TestJudge:
    """Right is what the check supports and the reference holds."""

    SHOWN = ("The mill has 3 floors.", "Ana Ruiz built the mill in 1871.", "The mill is closed in winter.")

    @pytest.mark.parametrize(
        ("reply", "right", "cited"),
        [
            ("Ana Ruiz built the mill in 1871. [2]", True, True),
            ("The mill was built by Ana Ruiz in 1871. [2]", True, True),
            ("Ana Ruiz built the mill in 1871. [1]", True, False),
            ("Ana Ruiz built the mill in 1781. [2]", False, False),
            ("Ana Ruiz built the mill. [2]", False, True),
            ("Ana Ruiz built the mill in 1871. [2] The mill has 3 floors. [1] It is closed in winter. [3]",
             False, True),
            ("The mill has 3 floors. [1]", False, True),
            ("NONE", False, False),
            ("", False, False),
        ],
    )  # fmt: skip
    def test_a_reply_is_held_against_the_reference(self, reply: str, right: bool, cited: bool) -> None:
        one = Example(
            id="M-1", text="M", language="en", kind="fact", evidence=self.SHOWN,
            question="Who built the mill, and when?", answer="Ana Ruiz built the mill in 1871. [2]",
        )  # fmt: skip
        mill = Text(id="M", language="en", title="The mill", genre="guide", sentences=self.SHOWN)
        task = next(of_examples("x", [one], check.vocabulary([mill])))
        mark = task.mark(reply)
        assert (mark.right, mark.cited) == (right, cited)

    def test_every_reference_is_right(self) -> None:
        for file in files()[:1]:
            names = check.vocabulary(texts_of(file))
            for one, task in zip(examples_of(file), of_examples("x", examples_of(file), names), strict=True):
                assert task.mark(one.answer).right, one.id

    def test_what_was_learnt_counts(
        self, trained: Run, told: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert judge.main([str(trained.folder), "--sets", "--shown", "0"]) == 0
        judged = json.loads(trained.judgement.read_text())
        rights = {column: shares["held out: right"] for column, shares in judged["shares"].items()}
        assert rights == {"off, 0 shown": [0, 2], "on, 0 shown": [2, 2]}
        assert "held out, unanswerable" in capsys.readouterr().out

    def test_the_right_sentences_of_a_labelled_question_are_shown(self, tmp_path: Path) -> None:
        some = tmp_path / "some.jsonl"
        lines = labelled.path_of("dev").read_text("utf-8").splitlines()
        some.write_text("\n".join(lines[::5]), "utf-8")
        tasks = {task.id: task for task in of_questions(some, Retriever.open())}
        for question in labelled.read(some):
            task = tasks[question.id]
            everything = " ".join(f"{text} [{n}]" for n, text in enumerate(task.evidence, 1))
            assert task.mark("NONE").right is not question.answerable or question.kind == "injection"
            if question.evidence and question.answerable:
                assert task.mark(everything).cited
