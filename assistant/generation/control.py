"""Text that a chat template would read as a control token is made plain text first."""

import re
from collections.abc import Sequence

from assistant.generation.base import Message

# <|im_end|>, </s>, <start_of_turn>, [INST], [/TOOL_CALLS]: what the vocabularies of chat models reserve.
_CONTROL = re.compile(r"<(?=[^\s<>]{1,64}>)|\[(?=/?[A-Z_]{2,32}\])")


def neutralise(text: str) -> str:
    """Part the bracket from the name of anything that looks like a control token: `<|x|>` -> `< |x|>`.

    A tokenizer that parses control tokens in a whole rendered prompt then finds none in `text`.
    """
    return _CONTROL.sub(lambda match: match[0] + " ", text)


def safe(messages: Sequence[Message]) -> list[Message]:
    """The messages with every content but the system's neutralised; what any engine sends on."""
    return [
        message
        if message["role"] == "system"
        else {"role": message["role"], "content": neutralise(message["content"])}
        for message in messages
    ]
