"""The rule layer: recommendations come from the article's flowcharts, never from a language model."""

from assistant.rules.decision import Outcome, ask_audience, asked, decide, load_flowcharts
from assistant.rules.phrasing import Flip, Said, compose, flips, overview
from assistant.rules.recognition import Situation, Understood, recognise

__all__ = [
    "Flip",
    "Outcome",
    "Said",
    "Situation",
    "Understood",
    "ask_audience",
    "asked",
    "compose",
    "decide",
    "flips",
    "load_flowcharts",
    "overview",
    "recognise",
]
