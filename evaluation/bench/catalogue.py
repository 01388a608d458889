"""The parts and their figures by name, as figures.yaml holds them: what each tells, what is wanted of it."""

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter


class Figure(BaseModel):
    """One number of a part; less is better unless it says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    more_is_better: bool = False
    plain: bool = False

    @property
    def wanted(self) -> str:
        """The bound in words; empty where there is none."""
        if self.at_most is not None:
            return f"≤ {self.shown(self.at_most)}"
        return f"≥ {self.shown(self.at_least)}" if self.at_least is not None else ""

    def holds(self, value: float) -> bool | None:
        """Is the bound met? None where there is none."""
        if self.at_most is not None:
            return value <= self.at_most
        return value >= self.at_least if self.at_least is not None else None

    def worsening(self, before: float, now: float) -> float:
        """By which share of what it was the figure got worse; negative where it got better."""
        if self.plain or before <= 0 or now <= 0:
            return 0.0
        more_is_better = self.more_is_better or self.at_least is not None
        return before / now - 1 if more_is_better else now / before - 1

    def shown(self, value: float) -> str:
        """A value with its unit, three digits of it."""
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:,.{digits}f} {self.unit}".rstrip()


class Part(BaseModel):
    """What is measured in one go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    about: str
    figures: dict[str, Figure]


@cache
def catalogue() -> dict[str, Part]:
    """The parts of figures.yaml, in the order in which they are run and shown."""
    text = resources.files("evaluation.bench").joinpath("figures.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Part]).validate_python(yaml.safe_load(text))
