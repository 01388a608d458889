"""How highly is a thing rated? Praise and rank ("widely used", "the first choice") have to be earned.

Words of praise are the ones that a model adds most easily, behind words that it shares with the evidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.grounding.names import canonical
from assistant.grounding.words import characters, content
from assistant.text import CJK


@dataclass(frozen=True)
class Rating:
    """A kind of praise: how it is said, and what in the evidence earns it."""

    said: re.Pattern[str]
    earned: re.Pattern[str]


def _rating(said: str, also: str = "") -> Rating:
    return Rating(re.compile(said), re.compile(f"{said}|{also}" if also else said))


_RATINGS = (
    _rating(
        r"首选|优选|不二之选|最佳|最理想|最优秀"
        r"|\b(?:first|top|ideal|default|obvious|perfect) (?:choice|option|pick)\b"
        r"|\bgo-to\b|\bof choice\b|\bpreferred\b|\bfavou?rite\b|\boptimal\b",
        r"最好|理想|最优|最适合|\bbest\b|\bideal\w*|\bprefer\w*",
    ),
    _rating(
        r"广泛|普遍|盛行|普及|\bwide(?:ly|spread)\b|\bcommonly\b|\bubiquitous\b",
        r"广|主导|流行|受欢迎|一系列|各种|常[用见]|\bwide\b|\bbroad\w*|\bdominat\w*|\bpopular\w*|\brange\b|\bcommon\b"
        r"|\bgeneral\w*|\bprevail\w*",
    ),
    _rating(
        r"受欢迎|受.{0,8}(?:青睐|喜爱)|流行|热门|\bpopular\w*|\bwell-liked\b",
        r"广泛|主导|增长|最多|采用率|\bwidely\b|\bdominat\w*|\bgrow\w*|\bgrew\b|\badopt\w*",
    ),
    _rating(
        r"\b(?:ideal|perfect|excellent|good|great) for\b|非常适合|完美适合|最适合",
        r"首选|最好|更好|很好|适合|有用|值得|\bgood\b|\bbe(?:st|tter)\b|\bideal\b|\bprefer\w*|\bsuit\w*|\buseful\b|\bvaluable\b",
    ),
    _rating(
        r"主导|统治|\bdomina\w+",
        r"主流|领先|首选|广泛|完胜|\bahead\b|\bwin\w*|\bpreferred\b|\bwidely\b",
    ),
    _rating(
        r"主流|龙头|(?:行业|业界|事实|的)标准(?!化)|\bmainstream\b"
        r"|\bthe (?:\w+ |de facto )?standard\b|\bleading (?!to)",
        r"主导|领先|首选|标准|\bdominat\w*|\bahead\b|\bpreferred\b|\bstandard\b",
    ),
    _rating(r"著名|知名|闻名|\bfamous\b|\bwell-known\b|\brenowned\b", r"名[气声]|\bknown\b|\bfame\b"),
    _rating(r"强大|\bpowerful\b", r"强|\bstrong\w*|\bpower\b"),
    _rating(
        r"优秀|出色|卓越|极佳|\bexcellent\b|\boutstanding\b|\bsuperb\b|\bexcels?\b",
        r"最好|更好|很好|优|胜|\bgood\b|\bgreat\b|\bbe(?:st|tter)\b|\bwins?\b",
    ),
    _rating(
        r"旨在|专为|是为.{1,20}(?:设计|打造)|\b(?:designed|intended) (?:\w+ly )?(?:to|for)\b|\baimed at\b",
        r"设计|初衷|目的|为了|专[为门]|用[于来]|\bdesign\w*|\binten\w+|\bmeant\b|\baim\w*|\bpurpose\w*",
    ),
    _rating(r"灵活|\bflexib\w+", r"任意|动态|\bdynamic\w*|\barbitrary\b|\badapt\w*"),
    _rating(
        r"先进|前沿|尖端|\bcutting-edge\b|\badvanced\b|\bstate-of-the-art\b", r"\bsota\b|最新|高级|\blatest\b"
    ),
    _rating(r"(?<!不)成熟|\bmature\w*", r"稳健|\brobust\w*|\bwell-developed\b"),
)


_COMPARED = re.compile(
    rf"\b(?:is|are|was|were|much|far|somewhat|slightly|bit|even|still) ([a-z]{{3,}}er) than\b"
    rf"|比[^,。]*更([{CJK}])"
)
"""A comparison and its word, which has to be one of the evidence's words."""
_GENERAL = re.compile(
    r"better|worse|larger|bigger|smaller|higher|lower|fewer|greater|stronger|faster|[多好强高大快少差低小慢]"
)
"""Words of comparison that are compared in `contrast`."""


def unearned(sentence: str, evidence: Sequence[str]) -> str:
    """The word of praise or comparison that the evidence (in either edition) does not earn; "" for none."""
    said, given = canonical(sentence).lower(), canonical(" ".join(evidence)).lower()
    for rating in _RATINGS:
        match = rating.said.search(said)
        if match and not rating.earned.search(given):
            return match.group().strip()
    known, single = content(given), characters(given)
    for match in _COMPARED.finditer(said):
        word = match[1] or match[2]
        held = content(re.sub("ier$", "y", word)) & known or word in single
        if not held and not _GENERAL.fullmatch(word):
            return match.group().strip()
    return ""
