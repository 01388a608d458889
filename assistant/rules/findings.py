"""A disagreement between the flowcharts and the article: where it is, what each of them says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Disagreement:
    """`part` of the proof failed at `leaf`: `text` is what the article says, `rule` what the chart says."""

    part: str
    leaf: str
    quote: str
    text: str
    rule: str

    def __str__(self) -> str:
        said = {"quote": self.quote, "text": self.text, "rule": self.rule}
        return "\n".join(
            [f"{self.part}: {self.leaf}", *(f"    {what:6} {words}" for what, words in said.items())]
        )
