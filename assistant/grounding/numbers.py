"""Numbers, however they are written: 85%, eighty-five percent and 百分之八十五 are one number."""

import re
import unicodedata

from assistant.text import simplified

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fifth": 5,
    "fifths": 5,
}
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_AMBIGUOUS_MONTHS = ("march", "may")

_WORD = "|".join((*_UNITS, *_TENS, *_SCALES))
_ENGLISH = re.compile(rf"\b(?:{_WORD})(?:(?:[\s-]+(?:and[\s-]+)?)(?:{_WORD}))*\b", re.I)
_ENGLISH_PART = re.compile(r"\b(\d+|a|one)[\s-]+(thirds?|quarters?|fifths?)\b", re.I)
_MONTH = re.compile(r"\b(" + "|".join(m for m in _MONTHS if m not in _AMBIGUOUS_MONTHS) + r")\b", re.I)
_ORDINAL = re.compile(r"\b(first|second|third)\s+(?=(?:round|place|half|version|generation)\b)", re.I)
_ORDINALS = {"first": "#1", "second": "#2", "third": "#3", "一": "#1", "二": "#2", "三": "#3"}

_DIGITS_ZH = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES_ZH = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_NUMERAL = "[零〇一二两三四五六七八九十百千万亿]"
_PERCENT_ZH = re.compile(rf"百分之\s*({_NUMERAL}+|\d+(?:\.\d+)?)")
_PART_ZH = re.compile(rf"((?<!{_NUMERAL}){_NUMERAL}+|(?<!\d)\d+)\s*分之\s*({_NUMERAL}+|\d+)")
_TENTHS_ZH = re.compile(
    r"(?:(?<![\u4e00-\u9fff])|(?<=[有约占近达到过超]))"
    r"([一二三四五六七八九])成([一二三四五六七八九])?(?![为了熟功就员本立长果分])"
)
_ORDINAL_ZH = re.compile(r"第([一二三])(?=[轮名代版位])")
_NUMERALS_ZH = re.compile(rf"(?<![第十分千万])({_NUMERAL}{{2,}}|[两二三四五六七八九十])(?![分万百千]*之)")
_NO_NUMERAL = frozenset(("万一", "千万", "一一", "三三两两", "百万千万", "万千", "万万"))
_MEASURE = re.compile(r"\s*(?:[个家种项款位次年轮大类门本张条处者月周天倍层步点套代方]|%|篇|框架|公司)")
_SCALED = re.compile(r"(?<!\d)(\d+(?:\.\d+)?)\s*(?:(thousand|million|k)\b|([千万亿]))", re.I)

_CROWDS = {
    "dozen": re.compile(r"\bdozens\b|几十|数十", re.I),
    "hundred": re.compile(r"\bhundreds\b|几百|数百|上百", re.I),
    "thousand": re.compile(r"\bthousands\b|几千|数千|上千|成千", re.I),
    "million": re.compile(r"\b[mb]illions\b|几百万|数百万|上亿", re.I),
}
"""Numbers without a value, "thousands of"."""

NUMBER = re.compile(r"(?<![A-Za-z\d.#])\d+(?:\.\d+)?(?:/\d{1,2}(?!\d))?%?")
"""A number of a text that `in_digits` has rewritten."""


def in_digits(text: str) -> str:
    """The text with every number in digits: percentages as `85%`, fractions as `2/3`, ordinals as `#2`."""
    text = re.sub(r"(?<=\d)[,，](?=\d{3}(?!\d))", "", text)
    text = _chinese(text) if re.search("[\u4e00-\u9fff]", text) else text
    text = _ENGLISH.sub(lambda match: _english(match.group()), text)
    text = _ENGLISH_PART.sub(lambda match: f"{_count(match[1])}/{_PARTS[match[2].lower()]}", text)
    text = re.sub(r"\b(?:a |one )?half\b", "1/2", text, flags=re.I)
    text = _MONTH.sub(lambda match: str(_MONTHS.index(match[1].lower()) + 1), text)
    text = _ORDINAL.sub(lambda match: _ORDINALS[match[1].lower()] + " ", text)
    text = _SCALED.sub(_scaled, text)
    return re.sub(r"(?<=\d)\s*(?:%|percent\b|per cent\b)", "%", text, flags=re.I)


def numbers(text: str) -> set[str]:
    """The numbers of a text in their canonical form; ordinals ("second round") with a #."""
    text = in_digits(unicodedata.normalize("NFKC", simplified(text)))
    crowds = {f"#{value}s" for value, pattern in _CROWDS.items() if pattern.search(text)}
    return set(NUMBER.findall(text)) | set(re.findall(r"#\d", text)) | crowds


def missing_numbers(said: set[str], given: set[str]) -> set[str]:
    """The numbers of a sentence that its evidence does not hold; a lost percent sign is forgiven."""
    return {number for number in said if number not in given and f"{number}%" not in given}


def _english(words: str) -> str:
    """ "four thousand five hundred" -> "4500"; a lone "one" is rather an article and stays."""
    total = current = 0
    parts = [word for word in re.split(r"[\s-]+", words.lower()) if word != "and"]
    if parts == ["one"] or len(parts) > 8:
        return words
    for word in parts:
        if word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if _SCALES[word] > 100:
                total, current = total + current, 0
        else:
            current += _UNITS.get(word, _TENS.get(word, 0))
    return str(total + current)


def _count(word: str) -> str:
    return word if word.isdigit() else "1"


def _scaled(match: re.Match[str]) -> str:
    scale = {"k": 1000, **_SCALES}.get((match[2] or "").lower()) or _SCALES_ZH[match[3]]
    return f"{float(match[1]) * scale:.0f}"


def _chinese(text: str) -> str:
    text = _PERCENT_ZH.sub(lambda match: f"{_numeral(match[1])}%", text)
    text = _PART_ZH.sub(lambda match: f"{_numeral(match[2])}/{_numeral(match[1])}", text)
    text = re.sub(r"一半|半数", "1/2", text)
    text = _TENTHS_ZH.sub(
        lambda match: f"{10 * _DIGITS_ZH[match[1]] + _DIGITS_ZH.get(match[2] or '零', 0)}%", text
    )
    text = _ORDINAL_ZH.sub(lambda match: _ORDINALS[match[1]], text)
    return _NUMERALS_ZH.sub(lambda match: _counted(match, text), text)


def _counted(match: re.Match[str], text: str) -> str:
    numeral = match[1]
    counts = numeral == "两" or len(numeral) > 1 or _MEASURE.match(text, match.end())
    return _numeral(numeral) if counts and numeral not in _NO_NUMERAL else numeral


def _numeral(numeral: str) -> str:
    """ "四千五百" -> "4500", "二〇二二" -> "2022"; digits stay."""
    if numeral[0].isascii():
        return numeral
    if len(numeral) > 1 and not any(c in _SCALES_ZH for c in numeral):
        return "".join(str(_DIGITS_ZH[c]) for c in numeral)
    total = section = digit = 0
    for c in numeral:
        if c in _DIGITS_ZH:
            digit = _DIGITS_ZH[c]
        elif _SCALES_ZH[c] < 10_000:
            section, digit = section + (digit or 1) * _SCALES_ZH[c], 0
        else:
            total, section, digit = (total + section + digit or 1) * _SCALES_ZH[c], 0, 0
    return str(total + section + digit)


def number_kind(number: str) -> str:
    """What a canonical number counts: "share", "year", "rank" or "count". Only like numbers are compared."""
    if number.endswith("%") or "/" in number:
        return "share"
    if number.startswith("#"):
        return "rank"
    return "year" if re.fullmatch(r"(?:19|20)\d\d", number) else "count"
