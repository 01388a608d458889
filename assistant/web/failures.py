"""What went wrong, as a visitor reads it: in English the error's own sentence, in Chinese its kind's."""

from assistant.answer import Language
from assistant.api.answering import SlowError
from assistant.api.limits import MAX_QUESTION
from assistant.serving.admission import ClosingError, CrowdedError, FullError
from assistant.serving.standby import NotReadyError
from corpus.errors import AssistantError, GenerationError, InputError


class LongQuestionError(InputError):
    """A question longer than one may be."""


class ManyWaitingError(InputError):
    """As many questions wait in the conversation as may."""


_CHINESE: tuple[tuple[type[AssistantError], str], ...] = (
    (LongQuestionError, f"问题太长，最多 {MAX_QUESTION} 个字符；请缩短后再问。"),
    (ManyWaitingError, "已有几个问题在排队，请先等一个回答完。"),
    (CrowdedError, "你已有几个问题正在回答，请等一个完成后再问。"),
    (FullError, "现在提问的人太多，请稍后再试。"),
    (ClosingError, "服务器正在关闭，请稍后再试。"),
    (NotReadyError, "语言模型还在加载，请稍等。"),
    (SlowError, "没能在限定的时间内答完；请再问一次，或问得简单一些。"),
    (GenerationError, "语言模型中途停止了，请再问一次。"),
    (InputError, "这一步无法完成，请刷新页面后再试。"),
    (AssistantError, "服务器出了问题：{error}"),
)
"""The most specific first; what only whoever runs the server can mend keeps the error's own words."""


def sentence(error: AssistantError, language: Language) -> str:
    """One sentence that a visitor can act on, in the page's language."""
    if language == "en":
        return str(error)
    return next(said for kind, said in _CHINESE if isinstance(error, kind)).format(error=error)
