"""What the README says of the proof is what the proof says."""

from pathlib import Path

from assistant import rules

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_counts_are_those_of_the_certificate() -> None:
    certificate = rules.prove()
    counts = certificate.counts
    assert certificate.holds
    for claim in (
        f"{counts['leaves']} outcomes",
        f"{counts['quotes, each verbatim in both editions']} quotes verbatim in both editions",
        f"{counts['recommending sentences']} recommending sentences",
        f"{counts['of them covered by a leaf']} are covered",
        f"{counts['of them listed as descriptive']} are listed",
        f"{counts['states, each with one outcome']} situations",
    ):
        assert claim in README, claim
