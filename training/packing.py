"""Several examples in one sequence behind one head, so that the head is computed once for all of them.

Each example sees the head and itself, and stands at the positions it would have alone: the model computes
for each what it would compute for it apart.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.tokens import Item, Sequences

Part = tuple[list[int], list[int]]
"""(prompt behind the head, answer) as token ids."""


@dataclass(frozen=True)
class Pack:
    """A head and the examples behind it."""

    head: list[int]
    parts: tuple[Part, ...]

    @property
    def learnt(self) -> int:
        """How many tokens of answers it holds."""
        return sum(len(answer) for _, answer in self.parts)

    def __len__(self) -> int:
        return len(self.head) + sum(len(asked) + len(answer) for asked, answer in self.parts)


@dataclass(frozen=True)
class Tensors:
    """A pack of n tokens, t of them learnt.

    `ids` (1, n) and `positions` (1, n) of int64, `mask` (1, 1, n, n) of bool, true where a row sees a column;
    `places` (t,) are where the model foretells `targets` (t,).
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    places: Tensor
    targets: Tensor


def packs(
    items: Sequence[Item],
    sequences: Sequences,
    most: int,
    epoch: int = 0,
    chance: random.Random | None = None,
) -> list[Pack]:
    """The items in packs of one language with at most `most` tokens behind the head, or one longer example.

    Epoch by epoch another variant of each item is read, and after all variants another head stands before
    them. `chance` shuffles items and packs.
    """
    order = list(items)
    if chance:
        chance.shuffle(order)
    found: list[Pack] = []
    for language, heads in sorted(sequences.heads.items()):
        own = [item for item in order if item.language == language]
        variants = max((len(item.prompts) for item in own), default=1)
        head = heads[epoch // variants % len(heads)]
        found += (Pack(head, parts) for parts in _filled([_variant(item, epoch) for item in own], most))
    if chance:
        chance.shuffle(found)
    return found


def tensors(pack: Pack, device: str = "cpu") -> Tensors:
    """What a model takes for a pack."""
    ids, positions, owners = list(pack.head), list(range(len(pack.head))), [0] * len(pack.head)
    places: list[int] = []
    for owner, (asked, answer) in enumerate(pack.parts, 1):
        begin = len(ids) + len(asked) - 1
        places += range(begin, begin + len(answer))
        ids += asked + answer
        positions += range(len(pack.head), len(pack.head) + len(asked) + len(answer))
        owners += [owner] * (len(asked) + len(answer))
    owner_of = torch.tensor(owners)
    sees = (owner_of[:, None] == owner_of[None, :]) | (owner_of[None, :] == 0)
    mask = torch.tril(torch.ones(len(ids), len(ids), dtype=torch.bool)) & sees
    return Tensors(
        ids=torch.tensor([ids], device=device),
        positions=torch.tensor([positions], device=device),
        mask=mask[None, None].to(device),
        places=torch.tensor(places, device=device),
        targets=torch.tensor([token for _, answer in pack.parts for token in answer], device=device),
    )


def _variant(item: Item, epoch: int) -> Part:
    number = epoch % len(item.prompts)
    return item.prompts[number], item.answers[number]


def _filled(parts: Sequence[Part], most: int) -> Iterator[tuple[Part, ...]]:
    """Parts in order, as many together as fit."""
    now: list[Part] = []
    size = 0
    for asked, answer in parts:
        length = len(asked) + len(answer)
        if now and size + length > most:
            yield tuple(now)
            now, size = [], 0
        now.append((asked, answer))
        size += length
    if now:
        yield tuple(now)
