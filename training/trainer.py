"""The steps of a training: losses, checkpoints, a way on after a stop.

The loss is the mean over the tokens of the answers, so every token that the model has to choose counts alike:
whether it answers at all is one of them. Everything follows from the tokens, the options and the seed.
"""

import io
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from math import cos, pi
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from assistant.generation import file_of
from corpus.errors import InputError
from corpus.files import write_whole
from training.curve import draw
from training.packing import Pack, packs, tensors
from training.run import Run
from training.tokens import Sequences

SAY_SECONDS = 10.0
"""Progress is told so often."""

CLIP = 1.0
"""Greatest norm of a step's gradient."""


@dataclass(frozen=True)
class Options:
    """What decides about the adapter, besides the tokens."""

    rank: int
    alpha: float
    layers: tuple[str, ...]
    epochs: int
    steps: int
    rate: float
    warmup: float
    pack: int
    batch: int
    recompute: bool
    seed: int


@dataclass
class Progress:
    """How far training has come: `losses` per step, `held_out` as (step, loss), seconds and tokens so far."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    held_out: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    tokens: int = 0


class Trainer:
    """The model, its optimizer and how far they have come."""

    def __init__(self, sequences: Sequences, options: Options, run: Run) -> None:
        self.options, self.run, self.sequences = options, run, sequences
        self.model = _adapted(file_of(sequences.model), options)
        self.device = str(next(self.model.parameters()).device)
        self.progress = Progress()
        epochs = [_epoch(sequences, options, number) for number in range(options.epochs)]
        self.batches = [batch for epoch in epochs for batch in epoch][: options.steps or None]
        self.ends = {*accumulate(map(len, epochs)), len(self.batches)}
        self.held_out = packs(sequences.held_out, sequences, options.pack)
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(self.weights, lr=options.rate, weight_decay=0.0)
        self.identity = json.dumps([asdict(options), sequences.digest()])

    def work(self, checkpoint_seconds: float) -> None:
        """Take the steps that are left, with checkpoints in between; a stop loses what comes after one."""
        told = kept = time.monotonic()
        if self.progress.step == 0:
            self._judge()
        while self.progress.step < len(self.batches):
            began = time.monotonic()
            self._step(self.batches[self.progress.step])
            now = time.monotonic()
            self.progress.seconds += now - began
            done = self.progress.step == len(self.batches)
            if self.progress.step in self.ends:
                self._judge()
            if now - told >= SAY_SECONDS or done:
                told = now
                print(self._told(), file=sys.stderr, flush=True)
            if now - kept >= checkpoint_seconds or done:
                kept = now
                self.keep()

    def keep(self) -> None:
        """Write the checkpoint, the figures and the curve, each whole or not at all."""
        whole = io.BytesIO()
        state = {
            "identity": self.identity,
            "weights": [weight.detach().cpu() for weight in self.weights],
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
        }
        torch.save(state, whole)
        write_whole(self.run.checkpoint, whole.getvalue())
        told = {"options": asdict(self.options), **asdict(self.progress), "of": len(self.batches)}
        write_whole(self.run.progress, json.dumps(told, indent=1).encode())
        write_whole(self.run.curve, draw(self.progress.losses, self.progress.held_out).encode())

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one. Raises InputError when it is of another training."""
        if not self.run.checkpoint.exists():
            return
        try:
            state = torch.load(self.run.checkpoint, map_location=self.device, weights_only=True)
        except Exception as error:  # unpickling raises what it pleases
            raise InputError(
                f"{self.run.checkpoint} is damaged ({error}); delete it to begin afresh."
            ) from error
        if state["identity"] != self.identity:
            raise InputError(
                f"{self.run.checkpoint} is of a training with other tokens or options: give the same ones "
                "to go on with it, delete it to begin afresh, or choose another folder."
            )
        with torch.no_grad():
            for weight, kept in zip(self.weights, state["weights"], strict=True):
                weight.copy_(kept)
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])
        print(f"going on from step {self.progress.step} of {len(self.batches)}", file=sys.stderr)

    def _step(self, batch: Sequence[Pack]) -> None:
        learnt = sum(pack.learnt for pack in batch)
        total = 0.0
        for pack in batch:
            loss = self._loss(pack) / learnt
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.weights, CLIP)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * _pace(
                self.progress.step, len(self.batches), self.options.warmup
            )
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.progress.step += 1
        self.progress.losses.append(total)
        self.progress.tokens += sum(map(len, batch))

    def _judge(self) -> None:
        """Note the loss over what is held out."""
        if self.held_out:
            with torch.no_grad():
                losses = [self._loss(pack).item() for pack in self.held_out]
            mean = sum(losses) / sum(pack.learnt for pack in self.held_out)
            self.progress.held_out.append((self.progress.step, mean))

    def _loss(self, pack: Pack) -> Tensor:
        """The summed loss over the answers of a pack; the rest of the output matrix is never computed."""
        given = tensors(pack, self.device)
        causal = self.model.get_base_model()
        hidden = causal.base_model(
            input_ids=given.ids, position_ids=given.positions, attention_mask=given.mask, use_cache=False
        ).last_hidden_state[0, given.places]
        logits = causal.get_output_embeddings()(hidden)
        return functional.cross_entropy(logits.float(), given.targets, reduction="sum")

    def _told(self) -> str:
        done, of = self.progress.step, len(self.batches)
        recent = self.progress.losses[-20:]
        held_out = f", held out {self.progress.held_out[-1][1]:.3f}" if self.progress.held_out else ""
        speed = self.progress.tokens / max(self.progress.seconds, 1e-9)
        left = self.progress.seconds / done * (of - done)
        return (
            f"step {done} of {of}, loss {sum(recent) / len(recent):.3f}{held_out}, {speed:.0f} tokens/s, "
            f"{span(left)} left"
        )


def _adapted(file: Path, options: Options) -> Any:
    """The model of a GGUF file with fresh matrices beside its layers, decided by the seed."""
    from peft import LoraConfig, get_peft_model

    from assistant.generation.transformers_engine import load

    _, model = load(file)
    torch.manual_seed(options.seed)
    config = LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        target_modules=list(options.layers),
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
    )
    adapted = get_peft_model(model, config)
    if options.recompute:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    adapted.train()
    return adapted


def _epoch(sequences: Sequences, options: Options, number: int) -> list[list[Pack]]:
    """The packs of every step of an epoch."""
    chance = random.Random(options.seed + number)
    found = packs(sequences.training, sequences, options.pack, number, chance)
    return [found[i : i + options.batch] for i in range(0, len(found), options.batch)]


def _pace(step: int, steps: int, warmup: float) -> float:
    """The share of the learning rate at a step: a straight rise, then half a cosine down to a twentieth."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.05 + 0.95 * (1 + cos(pi * (step - rising) / max(1, steps - rising))) / 2


def span(seconds: float) -> str:
    """A time in words."""
    minutes = round(seconds / 60)
    return (
        f"{minutes // 60} h {minutes % 60} min"
        if minutes >= 60
        else f"{seconds:.0f} s"
        if minutes < 2
        else f"{minutes} min"
    )
