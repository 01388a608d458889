"""The figures by name, as figures.yaml holds them: what each counts and what is wanted of it."""

from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from corpus.files import parse_yaml


class Share(BaseModel):
    """A figure that is so many of so many, and its bounds (0 to 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = ""
    counts: str
    at_least: float | None = None
    at_most: float | None = None
    within: float | None = None

    @property
    def wanted(self) -> str:
        """The bounds in words; empty where there are none."""
        bounds = [
            f"≥ {self.at_least:.0%}" if self.at_least is not None else "",
            f"≤ {self.at_most:.0%}" if self.at_most is not None else "",
            f"zh and en within {self.within:.0%}" if self.within is not None else "",
        ]
        return ", ".join(filter(None, bounds))


class Time(BaseModel):
    """A figure in milliseconds, and the bound on its median."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    counts: str
    p50_at_most: float | None = None

    @property
    def wanted(self) -> str:
        """The bound in words; empty where there is none."""
        return f"median ≤ {self.p50_at_most / 1000:.1f} s" if self.p50_at_most is not None else ""


class Catalogue(BaseModel):
    """All figures, in the order in which they are shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shares: dict[str, Share]
    times: dict[str, Time]


@cache
def catalogue() -> Catalogue:
    """The figures of figures.yaml."""
    text = resources.files("evaluation").joinpath("figures.yaml").read_text("utf-8")
    return Catalogue.model_validate(parse_yaml(text))
