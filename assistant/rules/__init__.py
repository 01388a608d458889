"""The rule layer: recommendations come from the article's flowcharts, never from a language model."""

from assistant.rules.agreement import Verdict, agrees, holds
from assistant.rules.decision import Outcome, ask_audience, asked, decide, load_flowcharts
from assistant.rules.phrasing import Flip, Said, compose, flips, overview
from assistant.rules.reader import Claim, read_recommendations
from assistant.rules.recognition import Situation, Understood, recognise

__all__ = [
    "Claim",
    "Flip",
    "Outcome",
    "Said",
    "Situation",
    "Understood",
    "Verdict",
    "agrees",
    "ask_audience",
    "asked",
    "compose",
    "decide",
    "flips",
    "holds",
    "load_flowcharts",
    "overview",
    "read_recommendations",
    "recognise",
]
