"""Source to clean Chinese edition: a pure function of source.txt and repairs.yaml.

The source is a Simplified Chinese article that was turned into Traditional characters with pinyin in
parentheses after many of them. Two blanket rules undo that: `drop_pinyin` and `simplify`. Everything else
(mis-decoded spans, a stray character, a typing error, headings run into prose, lost paragraph breaks) is an
entry of repairs.yaml with its character span in the source and the reason why it is certain.

Every step works on glyphs, characters that know their span in the source, so that the way back is never lost.

Run `python -m corpus.restore` to write zh.md, with `--check` to compare only.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

import yaml

from corpus.chunking import Passage
from corpus.errors import CorpusError
from corpus.files import read_verified, stored, write_whole
from corpus.script import convert

Kind = Literal["mojibake", "stray", "typo", "banner", "heading", "inserted-heading", "paragraph"]
TEXT_KINDS = frozenset({"mojibake", "stray", "typo"})
KINDS = TEXT_KINDS | {"banner", "heading", "inserted-heading", "paragraph"}

NOTE = (
    "> 由 `python -m corpus.restore` 从 source.txt 与 repairs.yaml 重建,请勿手改;一行一句,与 en.md 逐行对应。"
)

CJK = "\u4e00-\u9fff"
TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
# One lower-case syllable that carries its one tone mark: `(model tag)` and `(ASR)` are none.
PINYIN = re.compile(f"(?<=[{CJK}])\\([a-zü]*[{TONED}][a-z]*\\)")
SENTENCE = re.compile(r"[^。!?！？]*(?:[。!?！？][」』”)）]*|$)")


@dataclass(frozen=True)
class Repair:
    """One entry of repairs.yaml.

    `damaged` is exactly `source[start:end]`. Zero-length entries (what the source lost) quote in `before`
    the characters that follow them. `id` and `level` belong to headings; `traditional` to mojibake, being
    the text whose bytes were mis-decoded.
    """

    start: int
    end: int
    kind: Kind
    damaged: str
    restored: str
    why: str
    before: str = ""
    id: str = ""
    level: int = 0
    traditional: str = ""


class Glyph(NamedTuple):
    """A character and the span of the source it stands for."""

    char: str
    start: int
    end: int


@dataclass(frozen=True)
class Restored:
    """The clean edition and the way back.

    `spans[paragraph_id][i]` is the (start, end) in the source of character i of that paragraph's text;
    `headings[section_id]` is the span of a heading (empty for an editorial one).
    """

    markdown: str
    spans: dict[str, tuple[tuple[int, int], ...]]
    headings: dict[str, tuple[int, int]]


def parse_repairs(text: str) -> tuple[Repair, ...]:
    """Read repairs.yaml. Raises CorpusError for an entry that is not a repair."""
    try:
        entries = yaml.safe_load(text)
        return tuple(_repair(**entry) for entry in entries)
    except (yaml.YAMLError, TypeError, ValueError) as exc:
        raise CorpusError(
            f"repairs.yaml holds an entry that is not a repair ({exc}); "
            "each needs span, kind, why and the fields of its kind."
        ) from exc


def _repair(*, span: list[int], kind: Kind, why: str, **fields: str) -> Repair:
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    start, end = span
    fields = {"damaged": "", "restored": "", **fields}
    return Repair(start=start, end=end, kind=kind, why=why, **fields)  # type: ignore[arg-type]


def restore(source: str, repairs: Sequence[Repair]) -> Restored:
    """Turn the source into the clean edition.

    Raises CorpusError when a repair does not fit the source.
    """
    check_repairs(source, repairs)
    glyphs = simplify(drop_pinyin(apply_repairs(source, repairs)))
    return lay_out(glyphs, [repair for repair in repairs if repair.kind not in TEXT_KINDS])


def check_repairs(source: str, repairs: Sequence[Repair]) -> None:
    """Hold every repair against the source: in order, apart, quoting what really stands there.

    Only a textual repair may lie inside a structural one: a heading can be damaged too.
    """
    textual = [repair for repair in repairs if repair.kind in TEXT_KINDS]
    structural = [repair for repair in repairs if repair.kind not in TEXT_KINDS]
    for earlier, later in (*pairwise(textual), *pairwise(structural)):
        if later.start < earlier.end:
            raise CorpusError(
                f"repairs.yaml: the {later.kind} at {later.start} overlaps or precedes the {earlier.kind} "
                f"at {earlier.start}-{earlier.end}; entries stand in source order and apart."
            )
    for repair in repairs:
        found = source[repair.start : repair.end]
        if found != repair.damaged or not source.startswith(repair.before, repair.end):
            raise CorpusError(
                f"repairs.yaml: the {repair.kind} at {repair.start}-{repair.end} quotes "
                f"{(repair.damaged or repair.before)!r}, but source.txt has "
                f"{(found or source[repair.end : repair.end + 12])!r} there; mend its span."
            )


def apply_repairs(source: str, repairs: Sequence[Repair]) -> list[Glyph]:
    """Replace what the textual repairs name; every replaced character keeps the whole span of its repair."""
    glyphs: list[Glyph] = []
    position = 0
    for repair in repairs:
        if repair.kind in TEXT_KINDS:
            glyphs += _plain(source, position, repair.start)
            glyphs += [Glyph(char, repair.start, repair.end) for char in repair.restored]
            position = repair.end
    return glyphs + _plain(source, position, len(source))


def _plain(source: str, start: int, end: int) -> list[Glyph]:
    return [Glyph(source[i], i, i + 1) for i in range(start, end)]


def drop_pinyin(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Remove the readings; the character before a reading takes the reading into its span."""
    kept: list[Glyph] = []
    position = 0
    for reading in PINYIN.finditer("".join(glyph.char for glyph in glyphs)):
        kept += glyphs[position : reading.start()]
        kept[-1] = kept[-1]._replace(end=glyphs[reading.end() - 1].end)
        position = reading.end()
    return kept + list(glyphs[position:])


def simplify(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Turn Traditional characters into Simplified ones, one for one.

    Raises CorpusError should OpenCC's dictionaries ever change the length, as the map back would be lost.
    """
    text = convert("".join(glyph.char for glyph in glyphs), "t2s")
    if len(text) != len(glyphs):
        raise CorpusError(
            f"OpenCC turned {len(glyphs)} characters into {len(text)}, so they cannot be traced to the "
            "source; install the version of opencc that pyproject.toml pins."
        )
    return [glyph._replace(char=char) for glyph, char in zip(glyphs, text, strict=True)]


def lay_out(glyphs: Sequence[Glyph], structure: Sequence[Repair]) -> Restored:
    """Cut the text at headings, paragraph breaks and line ends; write it as Markdown, a sentence a line."""
    blocks: list[str] = []
    spans: dict[str, tuple[tuple[int, int], ...]] = {}
    headings: dict[str, tuple[int, int]] = {}
    section, count = "", 0
    ends = [repair.start for repair in structure[1:]] + [glyphs[-1].end]
    for repair, end in zip(structure, ends, strict=True):
        if repair.kind in ("heading", "inserted-heading"):
            section, count = repair.id, 0
            headings[section] = (repair.start, repair.end)
            blocks.append(_heading(repair, glyphs))
            if repair.level == 1:
                blocks.append(NOTE)
        for paragraph in _split_lines(_between(glyphs, repair.end, end)):
            count += 1
            spans[f"{section}.{count}"] = tuple((glyph.start, glyph.end) for glyph in paragraph)
            blocks.append("\n".join(sentences("".join(glyph.char for glyph in paragraph))))
    return Restored("\n\n".join(blocks) + "\n", spans, headings)


def _heading(repair: Repair, glyphs: Sequence[Glyph]) -> str:
    title = "".join(glyph.char for glyph in _between(glyphs, repair.start, repair.end)) or repair.restored
    if title != repair.restored:
        raise CorpusError(
            f"repairs.yaml: heading {repair.id!r} should read {repair.restored!r}, but its span gives "
            f"{title!r}; mend the span."
        )
    return f"{'#' * repair.level} {title} {{#{repair.id}}}"


def _between(glyphs: Sequence[Glyph], start: int, end: int) -> list[Glyph]:
    return [glyph for glyph in glyphs if start <= glyph.start < end]


def _split_lines(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    line: list[Glyph] = []
    for glyph in (*glyphs, Glyph("\n", 0, 0)):
        if glyph.char != "\n":
            line.append(glyph)
        elif line:
            yield line
            line = []


def sentences(text: str) -> list[str]:
    """Cut a Chinese paragraph after 。 ! ? and closing quotes that follow; the pieces join to the text."""
    return [piece for piece in SENTENCE.findall(text) if piece]


@cache
def restored() -> Restored:
    """The recorded source, restored. Raises CorpusError when source.txt or repairs.yaml has changed."""
    return restore(read_verified("source.txt"), parse_repairs(read_verified("repairs.yaml")))


def trace(passage: Passage) -> list[tuple[int, int, int, int]]:
    """The way of a Chinese passage back to the source, in runs (start, end, source_start, source_end).

    Inside a run character `start + i` of the passage is character `source_start + i` of the source; a reading
    that the source gives after the run's last character lies before source_end. A mis-decoded span is a run
    of its own, traced as a whole. An English passage is our translation and has no runs: its counterpart has.
    """
    if passage.language == "en":
        return []
    runs: list[tuple[int, int, int, int]] = []
    position, extendable = 0, False
    spans = restored().spans[passage.paragraph_id][passage.start : passage.end]
    for (start, end), same in groupby(spans):
        count = len(list(same))
        if extendable and count == 1 and runs[-1][3] == start:
            runs[-1] = (runs[-1][0], position + 1, runs[-1][2], end)
        else:
            runs.append((position, position + count, start, end))
        extendable = count == 1 and end - start == 1
        position += count
    return runs


def main(arguments: Sequence[str]) -> int:
    """Write zh.md, or with --check compare it; say in one line what was read and written. 1 if it differs."""
    result = restored()
    data, path = result.markdown.encode("utf-8"), stored("zh.md")
    size = f"{sum(map(len, result.spans.values()))} characters in {len(result.spans)} paragraphs"
    if "--check" in arguments:
        same = path.exists() and path.read_bytes() == data
        verdict = "the same as" if same else "NOT the same as"
        sys.stdout.write(f"source.txt and repairs.yaml give {size}, {verdict} {path}\n")
        return 0 if same else 1
    write_whole(path, data)
    sys.stdout.write(f"read source.txt and repairs.yaml, wrote {size} to {path}\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (CorpusError, OSError) as error:
        sys.exit(str(error))
