"""The editions as data, their agreement, and what happens when a file of theirs changes."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import corpus
from corpus.alignment import check, differences, numbers, words
from corpus.article import Article, Edition, Language, corpus_hash, load, parse
from corpus.errors import CorpusError
from corpus.files import RECORDED, recorded_hashes, sha256, stored, write_whole

ARTICLE = load()


def edited(old: str, new: str) -> Article:
    """The article with one change in the English text."""
    text = stored("en.md").read_text("utf-8")
    assert text.count(old) == 1
    return Article(ARTICLE.zh, parse(text.replace(old, new), "en"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that a test may damage; its parent is the working folder of `python`."""
    return Path(shutil.copytree(Path(corpus.__file__).parent, tmp_path / "corpus"))


def python(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy.parent, capture_output=True, text=True, timeout=60, check=False
    )


def start(copy: Path) -> str:
    """What a start says: nothing when the article loads, else the sentence of the error."""
    code = (
        "from corpus.article import load\nfrom corpus.errors import CorpusError\n"
        "try: load()\nexcept CorpusError as error: print(error)"
    )
    return python(copy, "-c", code).stdout.strip()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_the_editions_hold_the_same_structure() -> None:
    assert [(s.id, s.level, len(s.path)) for s in ARTICLE.zh.sections] == [
        (s.id, s.level, len(s.path)) for s in ARTICLE.en.sections
    ]
    assert [(p.id, len(p.sentences)) for p in ARTICLE.zh.paragraphs] == [
        (p.id, len(p.sentences)) for p in ARTICLE.en.paragraphs
    ]


def test_a_path_leads_from_the_top_to_the_section() -> None:
    sections = {section.id: section for section in ARTICLE.en.sections}
    assert sections["industry"].path == ("Should I choose PyTorch or TensorFlow?", "Industry")
    assert sections["conclusion"].path == ("Conclusion",)
    assert ARTICLE.edition("zh").title == "PyTorch 与 TensorFlow:2022 年怎么选"


def test_the_english_edition_is_labelled_as_our_translation() -> None:
    head = stored("en.md").read_text("utf-8").split("\n## ")[0]
    assert "Our own English translation" in head
    assert "https://www.assemblyai.com/blog/pytorch-vs-tensorflow-in-2022/" in head


def test_the_editions_agree() -> None:
    assert differences(ARTICLE) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            "about 85% of the",
            "about 58% of the",
            "availability-huggingface.1 sentence 3: en.md lacks the number 85%",
        ),
        ("fewer than 2/3", "fewer than half", "en.md lacks the number 2/3"),
        ("half of the remaining", "some of the remaining", "en.md lacks the number 1/2"),
        ("early December", "early November", "pytorch-live.1 sentence 1: en.md lacks the number month 12"),
        ("released jointly in 2020;", "released jointly in 2021;", "en.md adds the number 2021"),
        ("the second round", "the first round", "en.md adds the number round 1"),
        ("the 30 most popular", "the most popular", "en.md lacks the number 30"),
        ("PyTorch 1.9+", "PyTorch 1.8+", "en.md adds the number 1.8+"),
        ("Apache Airflow/Beam or Kubernetes", "Apache Airflow/Beam", "en.md lacks 'Kubernetes'"),
        ("Flask or Django", "Flask", "en.md lacks 'Django'"),
        ("papers published by Google", "papers published by Microsoft", "en.md adds 'Microsoft'"),
        ("try turning to PyTorch", "try turning to JAX", "beginner.2 sentence 2: en.md lacks 'PyTorch'"),
        ("Keras is recommended", "PyTorch is recommended", "en.md lacks 'Keras'"),
        ("on mobile or IoT / embedded", "on mobile or embedded", "en.md lacks 'IoT'"),
        ("TorchServe supports both REST and gRPC APIs.", "TorchServe supports REST APIs.", "lacks 'gRPC'"),
        ("### PyTorch Live {", "### PyTorch Mobile Live {", "pytorch-live: en.md adds 'Mobile'"),
        ("{#conclusion}", "{#conclusions}", "zh.md has section conclusion of level 2"),
        ("But the general advice is to focus on TensorFlow.\n", "", "en.md has paragraph career.2 of 1 sent"),
    ],
)
def test_a_change_of_the_english_text_is_named(old: str, new: str, named: str) -> None:
    found = differences(edited(old, new))
    assert any(named in difference for difference in found), found
    with pytest.raises(CorpusError, match=re.escape(named)):
        check(edited(old, new))


def test_paragraphs_in_another_order_are_named() -> None:
    zh = ARTICLE.zh
    turned = replace(zh, paragraphs=(zh.paragraphs[1], zh.paragraphs[0], *zh.paragraphs[2:]))
    assert differences(Article(turned, ARTICLE.en)) == [
        "the sections or paragraphs of en.md stand in another order than those of zh.md"
    ]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "2019 年有 85% 的人,还不到 2/3", ["2019", "85%", "2/3"]),
        ("zh", "剩下的还有一半,第一轮的两个框架", ["1/2", "round 1", "2"]),
        ("zh", "于 12 月初发布 1.9+", ["month 12", "1.9+"]),
        ("zh", "几个选择和一个框架", []),
        ("en", "in 2019 some 85%, fewer than 2/3, of 4,500", ["2019", "85%", "2/3", "4500"]),
        ("en", "half of the two in the first round", ["1/2", "2", "round 1"]),
        ("en", "early December, version 1.9+", ["month 12", "1.9+"]),
    ],
)
def test_numbers_are_read_alike(language: Language, text: str, expected: list[str]) -> None:
    assert sorted(numbers(text, language).elements()) == sorted(expected)


def test_names_are_read_alike() -> None:
    assert words("谷歌的 TensorFlow.js 与物联网 API,见 https://a.b/c-1/", "zh") == [
        "https://a.b/c-1/", "Google", "TensorFlow.js", "IoT", "API",
    ]  # fmt: skip
    assert words("C++ and gRPC APIs", "en") == ["C++", "and", "gRPC", "API"]


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ("## No id\n\nText.\n", "is not a heading"),
        ("## Title {#a}\nText.\n", "is not a heading"),
        ("## One {#a}\n\n## Two {#a}\n", "two headings have the id 'a'"),
        ("Text.\n", "stands before the first"),
    ],
)
def test_a_malformed_edition_is_named(markdown: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        parse(markdown, "en")


def test_notes_are_no_text() -> None:
    edition = parse("# T {#title}\n\n> note\n\n## A {#a}\n\nOne.\nTwo.\n\nThree.\n", "en")
    assert isinstance(edition, Edition)
    assert [(p.id, p.text) for p in edition.paragraphs] == [("a.1", "One. Two."), ("a.2", "Three.")]


def test_the_manifest_records_the_files_as_they_are() -> None:
    assert recorded_hashes() == {name: sha256(stored(name).read_bytes()) for name in RECORDED}


@pytest.mark.parametrize("name", RECORDED)
def test_a_flipped_byte_is_found_and_named(copy: Path, name: str) -> None:
    assert start(copy) == ""
    flip(copy / "article" / name)
    said = start(copy)
    assert said.startswith(f"corpus/article/{name} has changed: its SHA-256 is ")
    remedy = "`python -m corpus.restore`" if name == "zh.md" else f"`git checkout corpus/article/{name}`"
    assert remedy in said


@pytest.mark.parametrize("name", ["manifest.json", "en.md"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / "article" / name).unlink()
    assert start(copy).startswith(f"corpus/article/{name} cannot be read")


def test_restore_mends_what_its_message_says(copy: Path) -> None:
    zh = copy / "article" / "zh.md"
    flip(zh)
    assert python(copy, "-m", "corpus.restore", "--check").returncode == 1
    done = python(copy, "-m", "corpus.restore")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert zh.read_bytes() == stored("zh.md").read_bytes()
    assert start(copy) == ""
    assert {path.name for path in zh.parent.iterdir()} == {path.name for path in stored("").iterdir()}


def test_build_records_a_change_that_is_meant(copy: Path) -> None:
    en = copy / "article" / "en.md"
    en.write_bytes(en.read_bytes().replace(b"Word has it", b"People say"))
    assert "en.md has changed" in start(copy)
    assert python(copy, "-m", "corpus.build").returncode == 0
    assert start(copy) == ""


def test_build_refuses_editions_that_disagree(copy: Path) -> None:
    en, manifest = copy / "article" / "en.md", copy / "article" / "manifest.json"
    before = manifest.read_bytes()
    en.write_bytes(en.read_bytes().replace(b"about 85%", b"about 84%"))
    refused = python(copy, "-m", "corpus.build")
    assert refused.returncode == 1
    assert "en.md lacks the number 85%" in refused.stderr
    assert manifest.read_bytes() == before


@pytest.mark.parametrize("name", ["source.txt", "repairs.yaml", "en.md"])
def test_build_names_a_file_it_cannot_read(copy: Path, name: str) -> None:
    (copy / "article" / name).write_bytes(b"\xff")
    refused = python(copy, "-m", "corpus.build")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"corpus/article/{name} cannot be read")


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_corpus_hash_follows_the_editions(copy: Path) -> None:
    ask = ["-c", "from corpus.article import corpus_hash; print(corpus_hash())"]
    assert python(copy, *ask).stdout.strip() == corpus_hash()
    flip(copy / "article" / "en.md")
    assert python(copy, *ask).stdout.strip() != corpus_hash()
