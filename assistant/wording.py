"""The engine's own sentences; everything else it says comes from the article or the model."""

from corpus.article import Language

NOT_ANSWERED: dict[Language, str] = {
    "en": (
        "The article does not answer this, and I can only answer from the article. "
        "The passages nearest to it are listed."
    ),
    "zh": "文章没有回答这个问题,而我只能根据这篇文章回答。下面列出了与它最接近的段落。",
}

AS_OF_2022: dict[Language, str] = {
    "en": "The article speaks of 2022; what has changed since then it cannot say.",
    "zh": "这篇文章说的是 2022 年的情况,之后的变化它无从说起。",
}

WHAT_I_AM: dict[Language, str] = {
    "en": (
        "I answer questions about one article, “PyTorch vs TensorFlow in 2022”, from its text alone. "
        "Ask what it says of a tool, how the two frameworks compare, or which it advises in your situation."
    ),
    "zh": (
        "我只根据一篇文章回答问题:《PyTorch vs TensorFlow in 2022》。"
        "可以问它怎么说某个工具、两个框架比较下来如何,或者按你的情况它建议用哪个。"
    ),
}
"""To a greeting, or to a question about the assistant itself."""

TO_WARM: dict[Language, str] = {"en": "Which framework should I choose?", "zh": "我该选择哪个框架?"}
"""Asked before a reader asks: what answers are made of is loaded when it is first needed."""
