"""Of things of one kind, the sentence names those of the evidence: weeks are no months."""

import re
from collections.abc import Sequence

from assistant.grounding.names import canonical

_KINDS = (
    (
        r"\bdays?\b|天(?!气)|日内",
        r"\bweeks?\b|周(?!期|围)|星期",
        r"\bmonths?\b|个月|几月",
        r"\bhours?\b|小时",
        r"季度|\bquarter\b",
    ),
    (
        r"\bprofessors?\b|\bteachers?\b|教授|教师",
        r"\bhobbyists?\b|\bamateurs?\b|爱好者",
        r"\bbeginners?\b|\bnovices?\b|初学者|新手",
        r"\bstudents?\b|学生",
        r"\bexperts?\b|专家",
        r"\bresearchers?\b|研究者|研究人员",
        r"\bengineers?\b|工程师",
    ),
    (r"\bindustr\w+|业界|行业", r"\bacademi\w+|学界|学术"),
    (r"\bimages?\b|图像", r"\baudio\b|音频", r"\bvideos?\b|视频", r"\bspeech\b|语音", r"\btranslat\w+|翻译"),
    (
        r"\blocal\w*|\bnative\b|\bon-device\b|\bon-board\b|本地|设备上|设备端|板载",
        r"\bcloud\b|云",
        r"\bbrowsers?\b|浏览器",
        r"\bdesktops?\b|桌面|台式",
    ),
    (
        r"\bmobile\b|\bphones?\b|移动|手机",
        r"\bembedded\b|嵌入式",
        r"\bservers?\b|服务器",
        r"\bdesktops?\b|桌面",
    ),
    (r"\btrain\w*|训练", r"\binference\b|推理"),
    (r"\btheor\w+|理论", r"\bpractical\b|\bhands-on\b|实践"),
    (r"\bvision\b|视觉", r"\blanguage\b|语言"),
    (r"\bsoftware\b|软件", r"\bhardware\b|硬件"),
    (r"\bsource code\b|源代码", r"\bdocumentation\b|文档"),
    (r"\bbooks?\b|书", r"\bpapers?\b|论文", r"\bjob\w*|职位"),
    (r"\blibrar\w+|库(?!存)", r"\bcompan\w+|公司", r"\blanguages?\b|编程语言"),
)
KINDS = tuple(tuple(map(re.compile, members)) for members in _KINDS)


def other_of_its_kind(sentence: str, evidence: Sequence[str], known: str = "") -> str:
    """The word of the sentence where the evidence has another of its kind; "" for none.

    `known` is what else may be named: the other edition, the headings, the question.
    """
    said, given = canonical(sentence).lower(), canonical(" ".join(evidence)).lower()
    around = f"{given} {canonical(known).lower()}"
    for members in KINDS:
        new = [
            match.group()
            for member in members
            if (match := member.search(said)) and not member.search(around)
        ]
        if new and any(member.search(given) and not member.search(said) for member in members):
            return new[0]
    return ""
