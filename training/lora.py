"""`python -m training.lora [RUN]`: learn the tokens of a run by a LoRA adapter on the dequantised GGUF.

The model stays as it is, in bfloat16; peft puts two small matrices (single precision) beside each chosen
layer, and only these learn. Every few minutes a checkpoint is written; the same command goes on from it after
a stop of any kind, to the very same adapter. Runs on CUDA where there is one, else on the processors.
"""

import argparse
import sys
from collections.abc import Sequence

import torch

from training.run import Run, finish, stage
from training.tokens import Sequences
from training.trainer import Options, Trainer, span

LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    parser = stage("lora", __doc__)
    parser.add_argument("--rank", type=int, default=8, help="columns of each small matrix")
    parser.add_argument("--alpha", type=float, default=16.0, help="the change is scaled by alpha / rank")
    parser.add_argument("--layers", nargs="+", default=list(LAYERS), help="which linear layers are adapted")
    parser.add_argument("--epochs", type=int, default=3, help="how often each example is read")
    parser.add_argument("--steps", type=int, default=0, help="end after so many steps; 0: after the epochs")
    parser.add_argument("--rate", type=float, default=2e-4, help="highest learning rate")
    parser.add_argument("--warmup", type=float, default=0.05, help="share of the steps until it is reached")
    parser.add_argument("--pack", type=int, default=1000, help="tokens of examples in one sequence at most")
    parser.add_argument("--batch", type=int, default=2, help="sequences to a step")
    parser.add_argument("--recompute", action="store_true", help="less memory, a third more time")
    parser.add_argument("--seed", type=int, default=2026, help="decides the first weights and the order")
    parser.add_argument("--minutes", type=float, default=3.0, help="between two checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="processors to use; 0: all")
    chosen = parser.parse_args(arguments)
    return finish(lambda: train(Run(chosen.run), _options(chosen), chosen.minutes * 60, chosen.threads))


def train(run: Run, options: Options, checkpoint_seconds: float, threads: int = 0) -> str:
    """Train a run to its end, from its checkpoint where it has one; returns what was done in a sentence.

    Raises InputError where there are no tokens or where the checkpoint belongs to other ones.
    """
    if threads:
        torch.set_num_threads(threads)
    sequences = Sequences.load(run.tokens)
    trainer = Trainer(sequences, options, run)
    trainer.resume()
    trainer.work(checkpoint_seconds)
    trainer.model.save_pretrained(run.peft, save_embedding_layers=False)
    progress = trainer.progress
    return (
        f"read {run.tokens}, wrote {run.peft}: {progress.step} steps, loss {progress.losses[0]:.3f} -> "
        f"{progress.losses[-1]:.3f}, held out {progress.held_out[0][1]:.3f} -> "
        f"{progress.held_out[-1][1]:.3f}, {span(progress.seconds)}; {run.curve} shows them"
    )


def _options(chosen: argparse.Namespace) -> Options:
    named = {name: getattr(chosen, name) for name in Options.__dataclass_fields__}
    return Options(**named | {"layers": tuple(chosen.layers)})


if __name__ == "__main__":
    sys.exit(main())
