"""The rule layer: recommendations come from the article's flowcharts, never from a language model."""

from assistant.rules.agreement import Verdict, agrees, holds
from assistant.rules.decision import Outcome, ask_audience, asked, decide, load_flowcharts
from assistant.rules.drawing import draw, mermaid
from assistant.rules.findings import Disagreement
from assistant.rules.likely import Likely
from assistant.rules.phrasing import Flip, Said, bridges, compose, elsewhere, flips, overview
from assistant.rules.proof import Certificate, prove
from assistant.rules.reader import Claim, read_recommendations
from assistant.rules.recognition import LIKENESS, Situation, Understood, recognise

__all__ = [
    "LIKENESS",
    "Certificate",
    "Claim",
    "Disagreement",
    "Flip",
    "Likely",
    "Outcome",
    "Said",
    "Situation",
    "Understood",
    "Verdict",
    "agrees",
    "ask_audience",
    "asked",
    "bridges",
    "compose",
    "decide",
    "draw",
    "elsewhere",
    "flips",
    "holds",
    "load_flowcharts",
    "mermaid",
    "overview",
    "prove",
    "read_recommendations",
    "recognise",
]
