"""The whole input space of the flowcharts as questions, in both languages: one for every state."""

from collections.abc import Iterator

from assistant.rules import load_flowcharts
from assistant.rules.decision import states

READERS = {
    "industry": ("我在一家公司做深度学习工程", "I do deep learning engineering at a company"),
    "researcher": ("我是一名研究人员", "I am a researcher"),
    "professor": ("我是教授,要开一门深度学习课程", "I am a professor preparing a deep learning course"),
    "career": ("我想转行做深度学习", "I want to change careers into deep learning"),
    "hobbyist": ("我是深度学习爱好者", "I am a deep learning hobbyist"),
    "beginner": ("我是想入门的初学者", "I am a beginner who wants to get started"),
}
CLAUSES = {
    ("target", "production"): ("模型要投入生产", "the models go into production"),
    ("target", "mobile"): ("要做一个移动应用", "it is a mobile app"),
    ("target", "embedded"): ("要跑在嵌入式设备上", "it runs on an embedded device"),
    ("target", "other"): (None, None),
    ("media_input", True): ("需要音频或视频输入", "it needs audio or video input"),
    ("media_input", False): ("不需要音频或视频输入", "it needs no audio or video input"),
    ("pytorch_only", True): ("要用只有 PyTorch 才有的模型", "we need models that exist only in PyTorch"),
    ("pytorch_only", False): (None, None),
    ("reinforcement_learning", True): ("方向是强化学习", "my field is reinforcement learning"),
    ("reinforcement_learning", False): ("不做强化学习", "I do not do reinforcement learning"),
    ("plan", "use_tensorflow"): ("打算用 TensorFlow 做研究", "I plan to use TensorFlow for research"),
    ("plan", "avoid_tensorflow"): ("不想用 TensorFlow", "I do not want to use TensorFlow"),
    ("plan", "explore_jax"): ("正在考虑 JAX", "I am considering JAX"),
    ("plan", "move_to_jax"): ("想整体迁移到 JAX", "I think of moving everything to JAX"),
    ("plan", "watch"): ("想知道 2022 年该关注什么", "I wonder what to keep an eye on in 2022"),
    ("plan", "other"): (None, None),
    ("tpu", True): ("要做 TPU 训练", "I train on TPUs"),
    ("tpu", False): ("不做 TPU 训练", "I do no TPU training"),
    ("goal", "industry_skills"): ("重点是培养行业技能", "it teaches industry skills"),
    ("goal", "theory"): ("重点是深度学习理论", "it focuses on theory"),
    ("goal", "research"): ("目的是为研究做准备", "it prepares students for research"),
    ("goal", "exposure"): ("想让学生两个框架都接触", "it should show students both frameworks"),
    ("goal", "project"): ("它是某个较大项目的一部分", "it is part of a larger project"),
    ("goal", "learning"): ("只是为了学习", "I just want to learn"),
    ("goal", "other"): (None, None),
    ("larger_program", True): (
        "它是机器学习大型课程的一部分",
        "it is part of a larger machine learning curriculum",
    ),
    ("larger_program", False): (None, None),
    ("pytorch_reason", True): ("有使用 PyTorch 的特定原因", "I have a specific reason to use PyTorch"),
    ("pytorch_reason", False): (None, None),
    ("new_to_frameworks", True): ("对框架完全不熟悉", "I am completely new to frameworks"),
    ("new_to_frameworks", False): (None, None),
    ("python", True): ("一直习惯用 Python", "I am used to working in Python"),
    ("python", False): (None, None),
    ("concern", "no_new_framework"): ("不想安装新框架", "I do not want to install a new framework"),
    ("concern", "tensorflow_confusing"): ("觉得 TensorFlow 令人困惑", "TensorFlow confuses me"),
    ("concern", "pythonic"): ("想要更像 Python 的框架", "I want a more Pythonic framework"),
    ("concern", "boilerplate"): ("嫌 PyTorch 的样板代码太多", "PyTorch has too much boilerplate for me"),
    ("concern", "other"): (None, None),
    ("stage", "complete"): ("完完全全是个新手", "I am a complete beginner"),
    ("stage", "starting"): (None, None),
    ("stage", "deeper"): ("准备更深入地了解", "I am ready to dig deeper"),
}
ASKS = ("我该用哪个框架?", "Which framework should I use?")


def questions(language: str) -> Iterator[tuple[str, dict, str]]:
    """(reader, facts, question) for every state that can be told in words.

    An answer that adds no condition ("none of these") is not told, so states that differ in nothing else are
    told once.
    """
    told = set()
    for chart in load_flowcharts().values():
        for facts in states(chart):
            spoken = {fact: value for fact, value in facts.items() if CLAUSES[fact, value][0]}
            question = phrase(chart.audience, spoken, language)
            if question not in told:
                told.add(question)
                yield chart.audience, spoken, question


def phrase(audience: str, facts: dict, language: str) -> str:
    """A state in the words of somebody who asks."""
    column = ("zh", "en").index(language)
    comma, stop = (",", "。") if language == "zh" else (", ", ". ")
    clauses = [READERS[audience][column], *(CLAUSES[fact, value][column] for fact, value in facts.items())]
    return comma.join(clauses) + stop + ASKS[column]
