"""Names: one form for each, however it is written, and which words of a text are names at all."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from assistant.grounding.lists import listed
from assistant.grounding.numbers import in_digits
from assistant.text import CJK, clean, simplified

_ALIASES = (
    (r"tf ?lite", "TensorFlow Lite"),
    (r"tfx", "TensorFlow Extended"),
    (r"tf(?![a-z])", "TensorFlow"),
    (r"tensorflow ?js|tfjs", "TensorFlow.js"),
    (r"tensorflowlite", "TensorFlow Lite"),
    (r"hugging face", "HuggingFace"),
    (r"(?:google|谷歌)\s*研究院", "Google Research"),
    (r"谷歌", "Google"),
    (r"脸书|面书", "Facebook"),
    (r"(?:亚马逊|amazon)(?:\s*(?:aws|web services|云服务))?", "AWS"),
    (r"微软", "Microsoft"),
    (r"苹果公司", "Apple"),
    (r"英伟达", "Nvidia"),
    (r"百度", "Baidu"),
    (r"阿里巴巴|阿里云|阿里", "Alibaba"),
    (r"腾讯", "Tencent"),
    (r"华为", "Huawei"),
    (r"字节跳动", "ByteDance"),
    (r"英特尔", "Intel"),
    (r"高通", "Qualcomm"),
    (r"三星", "Samsung"),
    (r"特斯拉", "Tesla"),
    (r"商汤", "SenseTime"),
    (r"斯坦福", "Stanford"),
    (r"麻省理工", "MIT"),
    (r"伯克利", "Berkeley"),
    (r"清华", "Tsinghua"),
    (r"飞桨", "PaddlePaddle"),
    (r"昇思", "MindSpore"),
    (r"物联网(?:设备)?|internet of things|iot devices?", "IoT"),
    (r"树莓派|raspberry pis?(?: boards?)?", "RaspberryPi"),
    (r"安卓", "Android"),
    (r"k8s", "Kubernetes"),
    (r"人工智能|artificial intelligence", "AI"),
    (r"用户界面", "UI"),
)
"""Other ways to write a name, in the order in which they are replaced."""

_STRANGERS = listed(
    """
    microsoft apple nvidia baidu alibaba tencent huawei bytedance intel qualcomm samsung tesla sensetime
    stanford mit berkeley tsinghua paddlepaddle mindspore mxnet caffe caffe2 theano cntk chainer sklearn
    scikit-learn xgboost matlab julia oneflow jittor meta twitter netflix uber ibm oracle linkedin
    chatgpt gpt llama claude gemini rust ruby kotlin scala windows macos cuda triton openvino tensorrt
    coreml mlflow
    """
)
"""Names that the article does not know and that a model may bring along; names even in lower case."""

_COMMON = listed("ai api apis app apps ui i with")
"""Written like names, but what they stand for is no single thing."""

_ORDINARY = listed(
    """
    live hub rest react swift edge beam lightning manager session console garden serving extended agents
    pipelines gym playground
    """
)
"""Names that are English words too: in English text they are names only with a capital or within a phrase."""

_LATIN = r"[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*(?:\+\+|#)?|\d+[A-Za-z][A-Za-z0-9]*"
WORD = re.compile(_LATIN)
"""A word of Latin letters: PyTorch, TensorFlow.js, C++, Speech-to-Text."""
_PHRASE = re.compile(rf"(?:{_LATIN})(?: (?:(?:with|for) )?[A-Z][A-Za-z0-9.+-]*)+")


def _alias_pattern(pattern: str) -> re.Pattern[str]:
    edged = rf"(?<![A-Za-z]){pattern}(?![A-Za-z])" if pattern.isascii() else pattern
    return re.compile(edged, re.I)


_REPLACED = tuple((_alias_pattern(f"(?:{pattern})"), f" {name} ") for pattern, name in _ALIASES)
_TYPOGRAPHY = str.maketrans("‘’“”‐‑–—〜～", "''\"\"---,~~") | {ord("「"): '"', ord("」"): '"'}


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The form in which texts are compared: Simplified, half-width, one name for a thing, numbers in digits.

    Case is kept, because a capital tells a name.
    """
    text = unicodedata.normalize("NFKC", clean(simplified(text)).translate(_TYPOGRAPHY))
    for pattern, name in _REPLACED:
        text = pattern.sub(name, text)
    text = in_digits(re.sub(r"\s+", " ", text))
    text = re.sub(rf"(?<=[{CJK}]) (?=[{CJK}])", "", text)
    return re.sub(r"\s+", " ", text).strip()


def is_chinese(text: str) -> bool:
    """Does a text hold Chinese characters at all?"""
    return re.search(f"[{CJK}]", text) is not None


@dataclass(frozen=True)
class Name:
    """A name in a canonical text: `value` is lower case, `known` tells whether the article has it."""

    start: int
    end: int
    value: str
    known: bool


@dataclass(frozen=True)
class Vocabulary:
    """The names of the corpus, lower case, word by word and as phrases, and the ordinary words of English."""

    names: frozenset[str]
    words: frozenset[str]
    phrases: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, zh_texts: Sequence[str], en_texts: Sequence[str]) -> "Vocabulary":
        """Names are the Latin words of the Chinese edition that carry a capital, a digit or a dot."""
        zh = [canonical(text) for text in zh_texts]
        written = {word for text in zh for word in WORD.findall(text)}
        names = {word.lower() for word in written if word != word.lower() or "." in word} - _COMMON
        phrases = {match.group().lower() for text in zh for match in _PHRASE.finditer(text)}
        phrases = {phrase for phrase in phrases if " for " not in phrase}
        words = {word for text in en_texts for word in WORD.findall(canonical(text))}
        ordinary = {word for word in words if word.islower() and word.isalpha()}
        ordinary |= {word.lower() for word in words} - names
        return cls(frozenset(names), frozenset(ordinary | _ORDINARY), frozenset(phrases))

    def names_in(self, text: str) -> set[str]:
        """The names of a text, word by word: those of the corpus, and unknown words written like names."""
        return {part for name in self.find(canonical(text)) for part in name.value.split()} - _COMMON

    def find(self, text: str) -> tuple[Name, ...]:
        """The names of a canonical text in order, phrases ("TensorFlow Lite") as one."""
        return _find(text, self)

    def scan(self, text: str) -> Iterator[Name]:
        """`find` without its memory."""
        words = list(WORD.finditer(text))
        chinese = is_chinese(text)
        at = 0
        while at < len(words):
            length = self._phrase_at(text, words, at)
            if length or self._is_name(text, words[at], chinese):
                first, last = words[at], words[at + max(length, 1) - 1]
                parts = [self._singular(word.group().lower()) for word in words[at : at + max(length, 1)]]
                kept = [part for part in parts if part not in _COMMON] or parts
                yield Name(first.start(), last.end(), " ".join(kept), all(p in self.names for p in kept))
            at += max(length, 1)

    def _phrase_at(self, text: str, words: Sequence[re.Match[str]], at: int) -> int:
        """How many words from `at` on make a phrase; 0 for none."""
        for length in (4, 3, 2):
            if at + length <= len(words):
                span = text[words[at].start() : words[at + length - 1].end()]
                if span.lower() in self.phrases:
                    return length
        return 0

    def _is_name(self, text: str, match: re.Match[str], chinese: bool) -> bool:
        word = match.group()
        lower = self._singular(word.lower())
        if lower in _COMMON:
            return False
        if (lower in self.names and lower not in self.words) or lower in _STRANGERS:
            return True
        cased = word != word.lower()
        if chinese:
            return cased or (lower not in self.words and len(word) > 1)
        initial = not re.search(
            r"[^\s.!?:;\"'(]\s*[\"'(]*$|[,]\s*$", text[max(0, match.start() - 6) : match.start()]
        )
        titled = word[1:].islower() or len(word) == 1
        if initial and lower in _ORDINARY:
            return cased
        return cased and not (titled and (initial or (lower in self.words and lower not in self.names)))

    def _singular(self, word: str) -> str:
        return (
            word[:-1] if word.endswith("s") and word[:-1] in self.names and word not in self.names else word
        )


@lru_cache(maxsize=4096)
def _find(text: str, vocabulary: Vocabulary) -> tuple[Name, ...]:
    return tuple(vocabulary.scan(text))
