"""The figures of a run: shares and times over all questions, by language and by kind, and what they miss."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from evaluation.catalogue import catalogue
from evaluation.scoring import Count, Judgement

OVERALL = "overall"
"""The name of the group that holds every question."""


class Spread(BaseModel):
    """Median and 95th percentile of the times of `n` answers, in milliseconds."""

    model_config = ConfigDict(frozen=True)

    p50: float
    p95: float
    n: int


class Group(BaseModel):
    """The figures of `n` questions: shares by name, times by name where any were taken."""

    model_config = ConfigDict(frozen=True)

    n: int
    shares: dict[str, Count]
    times: dict[str, Spread]

    def value(self, figure: str) -> float | None:
        """A share as a number from 0 to 1; None where no question bears on it."""
        had, of = self.shares.get(figure, (0, 0))
        return had / of if of else None


Table = dict[str, Group]
"""The groups of a run: overall, then each language, then each kind."""


def tabulate(judgements: Sequence[Judgement]) -> Table:
    """The figures of a run by group."""
    table = {OVERALL: _group(judgements)}
    for lang in sorted({judgement.question.lang for judgement in judgements}):
        table[lang] = _group([j for j in judgements if j.question.lang == lang])
    for kind in sorted({judgement.question.kind for judgement in judgements}):
        table[kind] = _group([j for j in judgements if j.question.kind == kind])
    return table


def missed(table: Table, timed: bool) -> list[str]:
    """A sentence for each threshold that is missed; times count only where they were taken afresh."""
    return [*_missed_by_shares(table), *(_missed_by_times(table) if timed else ())]


def apart(table: Table, figure: str) -> float | None:
    """How far Chinese and English lie apart in a share; None where one of them has none."""
    zh, en = (table[lang].value(figure) if lang in table else None for lang in ("zh", "en"))
    return abs(zh - en) if zh is not None and en is not None else None


def percentile(values: Iterable[float], percent: int) -> float:
    """The smallest of the values that `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def _missed_by_shares(table: Table) -> Iterator[str]:
    for name, share in catalogue().shares.items():
        value, gap = table[OVERALL].value(name), apart(table, name)
        told = f"{name.replace('_', ' ')} is {value or 0:.1%}"
        if value is not None and share.at_least is not None and value < share.at_least:
            yield f"{told}, wanted is at least {share.at_least:.1%}."
        if value is not None and share.at_most is not None and value > share.at_most:
            yield f"{told}, wanted is at most {share.at_most:.1%}."
        if gap is not None and share.within is not None and gap > share.within:
            yield f"{told}, zh and en {gap:.1%} apart, wanted is at most {share.within:.1%}."


def _missed_by_times(table: Table) -> Iterator[str]:
    for name, time in catalogue().times.items():
        spread = table[OVERALL].times.get(name)
        if spread and time.p50_at_most is not None and spread.p50 > time.p50_at_most:
            bound = f"{time.p50_at_most / 1000:.1f} s"
            yield f"{time.label}: the median is {spread.p50 / 1000:.1f} s, wanted is at most {bound}."


def _group(judgements: Sequence[Judgement]) -> Group:
    times = {
        name: [taken for judgement in judgements if (taken := judgement.times.get(name)) is not None]
        for name in catalogue().times
    }
    return Group(
        n=len(judgements),
        shares={name: _sum(j.counts.get(name, (0, 0)) for j in judgements) for name in catalogue().shares},
        times={name: _spread(taken) for name, taken in times.items() if taken},
    )


def _sum(counts: Iterable[Count]) -> Count:
    had, of = 0, 0
    for more, others in counts:
        had, of = had + more, of + others
    return had, of


def _spread(taken: Sequence[float]) -> Spread:
    return Spread(p50=percentile(taken, 50), p95=percentile(taken, 95), n=len(taken))
