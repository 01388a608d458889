"""Every string of the web page, in both languages."""

from dataclasses import dataclass

from assistant.answer import Language


@dataclass(frozen=True)
class Strings:
    """What the page says in one language. Placeholders stand in braces."""

    title: str
    subtitle: str
    as_of: str
    placeholder: str
    ask: str
    loading: str
    reading: str
    sources: str
    original: str
    translation: str
    new_chat: str
    footer: str
    failed: str
    examples: tuple[str, ...]


STRINGS: dict[Language, Strings] = {
    "en": Strings(
        title="PyTorch or TensorFlow?",
        subtitle="Answers from one article that compares the two frameworks, each sentence with its source.",
        as_of="as of 2022",
        placeholder="Ask a question about the article",
        ask="Ask",
        loading="The language model is being loaded; this takes a few seconds.",
        reading="Reading: {sections}",
        sources="Sources ({count})",
        original="Chinese original",
        translation="English edition",
        new_chat="New chat",
        footer="Runs on this computer. What the article, written in 2022, does not say is not answered.",
        failed="Something went wrong here; the server's log has the cause.",
        examples=(
            "Why do most papers use PyTorch?",
            "What is TensorFlow Lite for?",
            "I teach deep learning at a university. Which framework should my course use?",
            "Does the article recommend JAX to researchers?",
        ),
    ),
    "zh": Strings(
        title="PyTorch 还是 TensorFlow？",
        subtitle="依据一篇比较这两个框架的文章作答，每句话都注明出处。",
        as_of="截至 2022 年",
        placeholder="就这篇文章提问",
        ask="提问",
        loading="正在加载语言模型，需要几秒钟。",
        reading="正在阅读：{sections}",
        sources="出处（{count}）",
        original="中文原文",
        translation="英文译文",
        new_chat="新对话",
        footer="在本机运行。这篇写于 2022 年的文章没有说的，这里不作答。",
        failed="出错了，原因见服务器日志。",
        examples=(
            "为什么大多数论文使用 PyTorch？",
            "TensorFlow Lite 是做什么用的？",
            "我在大学教深度学习，课程该用哪个框架？",
            "文章建议研究人员使用 JAX 吗？",
        ),
    ),
}


def strings(language: Language | None) -> Strings:
    """The strings of one language; English until it is known."""
    return STRINGS[language or "en"]
