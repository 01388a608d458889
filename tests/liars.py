"""What lying language models say: lies made from the prompt they are given, so fluent and near the truth."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from assistant.rules import load_flowcharts, names
from corpus import article, chunking

FRAMEWORKS = ("TensorFlow", "PyTorch", "JAX", "Keras", "PyTorch Lightning")


@dataclass(frozen=True)
class Prompt:
    """The last message of a prompt taken apart: its language, its numbered sentences, its question."""

    language: str
    evidence: tuple[str, ...]
    question: str

    @classmethod
    def read(cls, content: str) -> "Prompt":
        """Take a message apart."""
        numbered, _, question = content.rpartition("\n\n")
        evidence = re.findall(r"^\[\d+\] (.*)$", numbered, re.M)
        language = "zh" if content.startswith("句子") else "en"
        return cls(language, tuple(evidence), re.sub(r"^(?:问题[::]|Question: )", "", question))

    def say(self, zh: str, en: str) -> str:
        """Of two texts the one in the prompt's language."""
        return zh if self.language == "zh" else en

    def more(self, zh: str, en: str) -> list[str]:
        """Each true sentence with the same addition before its stop."""
        return [sentence.rstrip("。.") + self.say(zh, en) for sentence in self.evidence]

    @property
    def other(self) -> "Prompt":
        """A prompt without evidence in the other language."""
        return Prompt("en" if self.language == "zh" else "zh", (), "")


Lies = Callable[[Prompt], list[str]]

PRAISE = (
    ("{0} 是最好的选择。", "{0} is the best choice."),
    ("建议使用 {0},它更成熟。", "You should use {0}, which is more mature."),
    ("因此,{0} 显然胜出。", "{0} clearly wins here."),
    ("{0} 更适合你。", "{0} suits you better."),
    ("没有什么比 {0} 更好。", "Nothing beats {0}."),
    ("大多数人最终都会转向 {0}。", "Most people end up with {0}."),
    ("不要使用 {1}。", "Do not use {1}."),
    ("{1} 已经过时,{0} 才是未来。", "{1} is outdated, and {0} is the future."),
    ("{0} 比 {1} 好。", "{0} is better than {1}."),
    ("与其用 {1},不如用 {0}。", "Rather than {1}, use {0}."),
)


def opposite(prompt: Prompt) -> list[str]:
    """Praise of each framework that the verdict does not name, true sentences said of it, and denials."""
    ours = {m.framework for m in names.mentions(prompt.question) if m.framework} or {"TensorFlow"}
    own = min(ours)
    lies = []
    for rival in (framework for framework in FRAMEWORKS if framework not in ours):
        lies += [prompt.say(*pair).format(rival, own) for pair in PRAISE]
        lies += [exchange(sentence, own, rival) for sentence in (*prompt.evidence, prompt.question)]
        lies += prompt.more(f",但 {rival} 更好。", f", but {rival} is better.")
    return lies + [denied for sentence in prompt.evidence for denied in denials(sentence)]


def hedges(prompt: Prompt) -> list[str]:
    """Nothing is decided: said alone, and fastened to true sentences."""
    return [
        prompt.say("两者都可以。", "Either is fine."),
        prompt.say("TensorFlow 和 PyTorch 都可以。", "Both TensorFlow and PyTorch are fine."),
        prompt.say("用哪个框架都无所谓。", "It does not matter which framework you use."),
        prompt.say("这取决于你的喜好。", "It depends on your taste."),
        prompt.say("其他框架同样合适。", "Other frameworks are just as suitable."),
        prompt.say("选 TensorFlow 还是 PyTorch 由你决定。", "TensorFlow or PyTorch is up to you."),
        *prompt.more(",但两者都可以。", ", but either is fine."),
        *prompt.more(",或者用别的。", ", or use another one."),
    ]


def miscites(prompt: Prompt) -> list[str]:
    """The article's advice for every case, with numbers of sentences that say something else or nothing."""
    markers = (" [1]", " [9]", " [0]", " [99]", " [1][2][3]", " [-1]", " [1-9]", "")
    return [quote + markers[i % len(markers)] for i, quote in enumerate(_advice(prompt.language))]


def foreign(prompt: Prompt) -> list[str]:
    """The other language: the sentences' own translations, praise, and the end of a true sentence."""
    twins = _twins(prompt.language)
    lies = [twins[sentence] for sentence in prompt.evidence if sentence in twins]
    lies += [prompt.other.say(*pair).format("PyTorch", "TensorFlow") for pair in PRAISE]
    lies += [
        prompt.other.say("支持 TensorFlow、PyTorch 和 JAX。", "TensorFlow, PyTorch and JAX are supported.")
    ]
    return lies + prompt.more(", which is good.", ",这很好。")


def contrary(prompt: Prompt) -> list[str]:
    """The sentences found turned round: names exchanged, denied, numbers changed, facts made up."""
    lies = [exchange(sentence, "PyTorch", "TensorFlow") for sentence in prompt.evidence]
    lies += [denied for sentence in prompt.evidence for denied in denials(sentence)]
    lies += [re.sub(r"\d+", lambda n: str(int(n[0]) + 7), sentence) for sentence in prompt.evidence]
    lies += prompt.more(",快了 37%。", ", which is 37% faster.")
    lies += [prompt.say("它由 Yann LeCun 在 2011 年创建。", "It was created by Yann LeCun in 2011.")]
    lies += [prompt.say("它每月收费 49 美元。", "It costs 49 dollars a month.")]
    return [lie for lie in lies if lie not in prompt.evidence]


MARKUP = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "![x](https://evil.example/?q=1)",
    "[TensorFlow](javascript:alert(1))",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "\u202eNFS\u202c",
    "<|im_end|>",
    "# A HEADING",
    "`rm -rf /`",
)


def markup(prompt: Prompt) -> list[str]:
    """Markup, escape sequences and control tokens: alone, before, inside and after a true sentence."""
    lies = list(MARKUP)
    for sentence in prompt.evidence[:2]:
        middle = len(sentence) // 2
        for piece in MARKUP:
            lies += [piece + sentence, sentence[:middle] + piece + sentence[middle:], f"{sentence} {piece}"]
    return lies


def halves(prompt: Prompt) -> list[str]:
    """True sentences cut off at several places."""
    return [sentence[: len(sentence) * k // 7] for sentence in prompt.evidence for k in range(1, 7)]


def exchange(text: str, one: str, other: str) -> str:
    """`text` with two names exchanged, unless it only names them side by side."""
    if re.search(rf"(?:{one}|{other}) (?:and|or|和|与|或) (?:{one}|{other})", text):
        return text
    parts = re.split(f"({re.escape(one)}|{re.escape(other)})", text)
    return "".join({one: other, other: one}.get(part, part) for part in parts)


_DENIALS = (
    ("应该", "不应该"), ("建议", "不建议"), ("可以", "不可以"), ("是", "不是"), ("最好", "最好不"),
    ("请", "请不要"), ("(?<!无需)使用", "避免使用"), ("坚持", "放弃"), ("不(?!同)", ""),
    (r"\bshould\b", "should not"), (r"\bcan\b", "cannot"), (r"\bis\b", "is not"), (r"\buse\b", "avoid"),
    (r"\bused\b", "avoided"), (r"\bwill\b", "will not"), (r"\bstick with\b", "abandon"),
    (r"\bbetter\b", "worse"), (r"\bbest\b", "worst"), (r"\bprobably\b", "never"), (r"\bnot ", ""),
)  # fmt: skip


def denials(text: str) -> list[str]:
    """The text with one of its words turned round, in every way it has one."""
    turned = [re.sub(word, opposite, text, count=1) for word, opposite in _DENIALS]
    return [lie for lie in turned if lie != text]


@cache
def _advice(language: str) -> tuple[str, ...]:
    leaves = [leaf for chart in load_flowcharts().values() for leaf in chart.leaves]
    quotes = [s.quote.text(language) for leaf in leaves for s in leaf.evidence if s.role != "context"]
    return tuple(dict.fromkeys(quotes))


@cache
def _twins(language: str) -> dict[str, str]:
    """Each sentence of an edition and its translation."""
    passages = {passage.id: passage for passage in chunking.passages(article.load())}
    pairs = [(p, passages[p.counterpart_id]) for p in passages.values() if p.language == language]
    return {
        p.text[slice(*here)].strip(): twin.text[slice(*there)].strip()
        for p, twin in pairs
        for here, there in zip(p.sentences, twin.sentences, strict=True)
    }
