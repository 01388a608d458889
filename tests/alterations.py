"""Lies made from true sentences: one word altered at a time, each alteration named by its kind.

The tables are written apart from those of the product, so that the tests do not measure a table by itself.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from corpus.article import Language

NAMES = (
    "TensorFlow Serving", "TensorFlow Lite", "TensorFlow Extended", "TensorFlow Hub", "TensorFlow Cloud",
    "TensorFlow.js", "TensorFlow", "PyTorch Lightning", "PyTorch Live", "PyTorch Mobile", "PyTorch Hub",
    "PyTorch", "TFLite", "TFX", "JAX", "Keras", "TorchServe", "TorchElastic", "TorchX", "SpeechBrain",
    "Model Garden", "Vertex AI", "Google Cloud", "Google", "谷歌", "DeepMind", "OpenAI", "Facebook", "AWS",
    "Coral", "Colab", "Sonnet", "Haiku", "Acme", "Gym", "HuggingFace", "ONNX", "Kubernetes", "Docker",
    "Flask", "Django", "JavaScript", "React Native", "Android", "iOS", "Linux", "Playground", "Jupyter",
    "REST", "gRPC", "AssemblyAI", "NumPy",
)  # fmt: skip
STRANGERS = {
    "en": ("Microsoft", "MXNet", "Nvidia", "Caffe2", "Stanford", "PaddlePaddle", "Huawei"),
    "zh": ("微软", "MXNet", "英伟达", "Caffe2", "斯坦福大学", "PaddlePaddle", "华为"),
}
SAME = ({"谷歌", "Google"}, {"TensorFlow Lite", "TFLite"}, {"TensorFlow Extended", "TFX"})

NEGATIONS: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("可以", "不可以"), ("应该", "不应该"), ("能够", "不能够"), ("支持", "不支持"), ("建议", "不建议"),
        ("推荐", "不推荐"), ("适合", "不适合"), ("会", "不会"), ("是", "不是"), ("有", "没有"),
        ("能在", "不能在"),
        ("使用", "不使用"),
    ),
    "en": (
        (" is ", " is not "), (" are ", " are not "), (" can ", " cannot "), (" should ", " should not "),
        (" has ", " does not have "), (" have ", " do not have "), (" was ", " was not "),
        (" were ", " were not "), (" will ", " will never "), (" may ", " may not "),
        (" supports ", " does not support "), (" lets ", " does not let "), (" use ", " never use "),
        (" with ", " without "),
    ),
}  # fmt: skip
DENIALS: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("并不是", "是"), ("不是", "是"), ("没有", "有"), ("不会", "会"), ("不能", "能"), ("不想", "想"),
        ("不做", "做"), ("不进行", "进行"), ("没能", "能"), ("并不准确", "很准确"), ("不太", "很"),
        ("不甚", "很"), ("难以", "容易"), ("仍不如", "已胜过"),
    ),
    "en": (
        (" is not ", " is "), (" not ", " "), (" cannot ", " can "), (" no ", " a "), ("without", "with"),
        ("do not ", ""), ("did not ", "did "), ("does not ", "does "),
    ),
}  # fmt: skip
COMPARISONS: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("不到", "超过"), ("小得多", "大得多"), ("更高产", "更低产"), ("稳健", "脆弱"), ("不如", "优于"),
        ("远远超过", "远远落后于"), ("增长", "下降"), ("稳步下降", "稳步上升"), ("更胜一筹", "略逊一筹"),
        ("越来越受欢迎", "越来越不受欢迎"), ("缩小", "扩大"), ("占优势", "处于劣势"),
        ("占有优势", "处于劣势"),
        ("完胜", "完败"), ("高性能", "低性能"), ("低功耗", "高功耗"), ("难用", "好用"), ("更好", "更差"),
        ("仍然不如", "已经超过"), ("提高", "降低"), ("近 80%", "不到 80%"), ("大约", "超过"),
        ("约 ", "超过 "),
        ("高级", "低级"), ("首选", "末选"), ("最佳", "最差"), ("容易", "困难"), ("轻松", "艰难"),
    ),
    "en": (
        ("fewer than", "more than"), ("much smaller", "much larger"), ("more productive", "less productive"),
        ("more robust", "less robust"), ("not as good as", "better than"), ("far ahead of", "far behind"),
        (" grew", " fell"), (" rose", " fell"), ("declining", "rising"), ("comes out ahead", "falls behind"),
        ("more and more popular", "less and less popular"), ("narrow", "widen"),
        ("advantage", "disadvantage"),
        ("wins", "loses"), ("high-performance", "low-performance"), ("low-power", "high-power"),
        ("too hard", "easy"), ("better", "worse"), ("nearly ", "fewer than "), ("about 85%", "more than 85%"),
        ("About", "More than"), (" early ", " late "), ("best", "worst"), ("easy", "hard"),
        ("easily", "hardly"),
        ("high-level", "low-level"), ("more meaningful", "less meaningful"), ("smaller", "larger"),
    ),
}  # fmt: skip
NUMBER_WORDS: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("百分之八十五", "百分之十五"), ("一半", "三分之一"), ("三分之二", "三分之一"), ("八个", "九个"),
        ("三类", "五类"), ("三个方面", "四个方面"), ("第一轮", "第二轮"), ("第二轮", "第一轮"),
    ),
    "en": (
        ("eighty-five", "fifteen"), ("half of the", "a third of the"), ("Half of the", "A third of the"),
        ("two thirds", "one third"),
        ("eight ", "nine "), ("five constraints", "six constraints"), ("three respects", "four respects"),
        ("first round", "second round"), ("second round", "first round"), ("December", "November"),
    ),
}  # fmt: skip
LIMITS: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("只有", "超过"), ("只能", "不只能"), ("只能", "能"), ("只专注", "不只专注"), ("大多数", "所有"),
        ("一些研究", "所有研究"), ("很多", "所有"), ("许多", "所有"), ("一些", "所有"), ("既能", "只能"),
        ("同时支持", "只支持"), ("可用于", "只可用于"), ("的是 PyTorch", "的只有 PyTorch"),
    ),
    "en": (
        ("only 16%", "more than 16%"), ("Only 16%", "More than 16%"), ("only in PyTorch", "in PyTorch"),
        ("only in TensorFlow", "in TensorFlow"), ("Most ", "All "), ("most SOTA", "all SOTA"),
        ("some research", "all research"), ("Some ", "All "), ("some ", "all "), ("Many ", "All "),
        ("Many ", "Few "), ("many ", "all "), ("several", "all"), ("supports both", "supports only"),
        ("sometimes", "always"), ("can be used", "can only be used"), ("can be used", "can always be used"),
    ),
}  # fmt: skip
MODALITIES: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("可能", "必须"), ("可能", "一定"), ("可以", "必须"), ("应该", "必须"), ("建议", "必须"),
        ("可以考虑使用", "应该使用"), ("应该", "可以"), ("必须", "可以"), ("应该考虑使用", "应该使用"),
        ("请", "必须"),
        ("可能", ""), ("推荐", "要求"), ("最好", "必须"),
    ),
    "en": (
        (" may ", " must "), (" may ", " will "), (" can ", " must "), (" should ", " must "),
        ("can consider", "should choose"), (" should ", " may "), (" must ", " may "),
        ("should consider using", "should use"), ("please ", "you must "), ("may be", "is"),
        ("recommends", "requires"), ("is recommended", "is mandatory"), ("probably", "certainly"),
    ),
}  # fmt: skip

_JOINED = r"\s*(?:,|、|/|和|与|或|及|以及|还是|\+|,? and|,? or|and|or|as well as)\s*(?:embedded |嵌入式 ?)?"


def numbers(text: str, language: Language) -> Iterator[str]:
    """The text with one of its numbers changed."""
    for match in re.finditer(r"\d+(?:[,.]\d+)*", text):
        value = match.group()
        near = value + "1" if "." in value else str(int(value.replace(",", "")) + 1)
        for other in (near, str(int(float(value.replace(",", ""))) * 10 + 5)):
            yield text[: match.start()] + other + text[match.end() :]
    yield from replacements(text, NUMBER_WORDS[language])


def renumbered(text: str, evidence: str) -> Iterator[str]:
    """The text with a share or year replaced by another of its evidence, or two of its own exchanged."""
    shares = re.compile(r"(?<![\d.])\d+%|(?<!\d)(?:19|20)\d\d(?!\d)")
    mine = list(shares.finditer(text))
    values = [match.group() for match in mine]
    for match in mine:
        for other in sorted(set(shares.findall(evidence)) - set(values)):
            if other.endswith("%") == match.group().endswith("%"):
                yield text[: match.start()] + other + text[match.end() :]
    for first, second in pairwise(mine):
        a, b = first.group(), second.group()
        if a != b and a.endswith("%") == b.endswith("%"):
            yield text[: first.start()] + b + text[first.end() : second.start()] + a + text[second.end() :]


def names_in(text: str) -> list[tuple[int, int, str]]:
    """(start, end, name) of the names of a text, longest names first taken."""
    found: list[tuple[int, int, str]] = []
    for name in NAMES:
        for match in re.finditer(rf"(?<![A-Za-z.]){re.escape(name)}(?![A-Za-z]|\.[a-z])", text):
            if not any(start < match.end() and match.start() < end for start, end, _ in found):
                found.append((match.start(), match.end(), name))
    return sorted(found)


def strangers(text: str, language: Language) -> Iterator[str]:
    """The text with one of its names replaced by a name that the article does not know."""
    for place, (start, end, _) in enumerate(names_in(text)):
        yield text[:start] + STRANGERS[language][place % len(STRANGERS[language])] + text[end:]


def foreigners(text: str, evidence: str) -> Iterator[str]:
    """The text with one of its names replaced by a name that only other sentences of the article hold."""
    folded = evidence.casefold()
    for place, (start, end, name) in enumerate(names_in(text)):
        absent = [n for n in NAMES if n.split()[-1].casefold() not in folded and not _same(n, name)]
        yield text[:start] + absent[(place * 7 + len(text)) % len(absent)] + text[end:]


def swaps(text: str, evidence: str) -> Iterator[str]:
    """The text with a name replaced by another name of its evidence, or two of its names exchanged.

    Names that stand side by side ("A and B") are no alteration of each other.
    """
    mine = names_in(text)
    given = {name for _, _, name in names_in(evidence)}
    for start, end, name in mine:
        for other in sorted(given):
            if any(_same(other, n) for _, _, n in mine) or _joined(name, other, evidence):
                continue
            yield text[:start] + other + text[end:]
    for i, (start, end, name) in enumerate(mine):
        for start2, end2, other in mine[i + 1 :]:
            if _same(name, other) or _joined(name, other, evidence) or _joined(name, other, text):
                continue
            yield text[:start] + other + text[end:start2] + name + text[end2:]


def replacements(text: str, table: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """The text with one entry of the table replaced, where it stands first."""
    for old, new in table:
        if old in text and not ("only" in new and "only" in text.replace(old, "")):
            yield text.replace(old, new, 1)


def negations(text: str, language: Language) -> Iterator[str]:
    """The text with a negation put in."""
    for old, new in NEGATIONS[language]:
        place = text.find(old)
        before = text[max(0, place - 2) : place]
        after = text[place + len(old) :]
        if (
            place >= 0
            and not re.search(r"[不没未并而还但或就都]$|n't$|not$", before)
            and not re.match("not |no |不|没", after)
        ):
            yield text[:place] + new + text[place + len(old) :]
            return


def alterations(text: str, evidence: str, language: Language) -> Iterator[tuple[str, str]]:
    """(kind, altered text) of every alteration that says something else than `text` does."""
    kinds: dict[str, Iterator[str]] = {
        "number": numbers(text, language),
        "renumbered": renumbered(text, evidence),
        "stranger": strangers(text, language),
        "name": foreigners(text, evidence),
        "swap": swaps(text, evidence),
        "negation": negations(text, language),
        "denial": replacements(text, DENIALS[language]),
        "comparison": replacements(text, COMPARISONS[language]),
        "limit": replacements(text, LIMITS[language]),
        "modality": replacements(text, MODALITIES[language]),
    }
    for kind, texts in kinds.items():
        for altered in texts:
            if altered != text:
                yield kind, altered


def _same(one: str, two: str) -> bool:
    return one == two or any(one in group and two in group for group in SAME)


def _joined(one: str, two: str, text: str) -> bool:
    """Do the two names stand in one enumeration?"""
    places = names_in(text)
    run: list[str] = []
    end = 0
    for start, stop, name in places:
        if not (run and re.fullmatch(_JOINED, text[end:start])):
            run = []
        run.append(name)
        end = stop
        if one in run and two in run:
            return True
    return False
