"""What is asked of a thing, and whether the article tells it: by hand, as data, with the real embedder."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from doubles import HandEmbedder

from corpus import article, chunking
from corpus.errors import CorpusError
from index import attributes, lexical, masking
from index.attributes import Attribute, AttributeHit, Attributes
from index.embedder import open_embedder
from index.likeness import LEXICAL, AsQuestions
from index.masking import Masker
from index.query import simplify
from index.retriever import Retriever
from index.store import PACKAGED, Store, build

THINGS = [["TorchServe"], ["TensorFlow Lite"], ["Google"], ["Google Coral"], ["Datasets"], ["PyTorch"]]
MADE = (
    Attribute("maker", frozenset({"jax"}), ("who made X", "X is by whom")),
    Attribute("price", frozenset(), ("price of X",)),
)


class TestMasking:
    @pytest.mark.parametrize(
        ("question", "masked", "names"),
        [
            ("Who made TorchServe?", "Who made X?", {"torchserve"}),
            ("who made torchserve", "who made X", {"torchserve"}),
            ("TFLite和TorchServe哪个好", "X 和 Y 哪个好", {"tensorflow lite", "torchserve"}),
            ("TF Lite's price, TF Lite's size", "X's price, X's size", {"tensorflow lite"}),
            ("谷歌的 Coral 多少钱", "X 的 Y 多少钱", {"google", "google coral"}),
            ("price of a Coral Dev Board", "price of a X", {"google coral", "dev", "board"}),
            ("Is MLflow free?", "Is X free?", {"mlflow"}),
            ("PyTorch, MLflow or Flax?", "X, Y or Y?", {"pytorch", "mlflow", "flax"}),
            ("用 torch.compile 快多少", "用 X 快多少", {"torch.compile"}),
            ("How many datasets are there?", "How many datasets are there?", set()),
            ("How many are in Datasets?", "How many are in X?", {"datasets"}),
            ("How old is the author?", "How old is the author?", set()),
            ("有没有 demo 和 GPU", "有没有 X 和 GPU", {"demo"}),
            ("今天天气怎么样?", "今天天气怎么样?", set()),
            ("", "", set()),
        ],
    )
    def test_names_become_letters(self, question: str, masked: str, names: set[str]) -> None:
        found = Masker(THINGS, ["gpu"]).mask(question)
        assert (found.text, found.names) == (masked, names)

    def test_what_the_glossary_calls_a_thing_is_that_thing(self) -> None:
        masker = Masker([["Google Coral"], ["Raspberry Pi"]])
        assert masker.mask("树莓派 or Coral?").names == {"raspberry pi", "google coral"}

    def test_every_thing_stands_in_the_article(self) -> None:
        text = " ".join(p.text for p in chunking.passages(article.load())).casefold()
        things = masking.load()
        unheard = [thing[0] for thing in things if thing[0].casefold() not in text]
        assert unheard == []
        aliases = [alias.casefold() for thing in things for alias in thing]
        assert len(aliases) == len(set(aliases))


@pytest.fixture
def by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attributes:
    """Attributes whose vectors can be worked out."""
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    embedder = HandEmbedder("who", "price")
    wordings = [wording for each in MADE for wording in each.wordings]
    return Attributes(MADE, embedder, store=build(tmp_path / "attributes", wordings, AsQuestions(embedder)))


def likeness(masked: str) -> list[float]:
    """The documented sum, by wording."""
    embedder = HandEmbedder("who", "price")
    wordings = [wording for each in MADE for wording in each.wordings]
    rows, vector = embedder.embed_queries(wordings), embedder.embed_queries([masked])[0]
    centred, own = rows - rows.mean(axis=0), vector - rows.mean(axis=0)
    cosines = centred @ own / (np.linalg.norm(centred, axis=1) * np.linalg.norm(own))
    bm25 = lexical.BM25([lexical.terms(wording) for wording in wordings])
    terms = dict.fromkeys(lexical.terms(masked), 1.0)
    weight = np.sqrt(sum(bm25.rarity(term) ** 2 for term in terms))
    return list(cosines + LEXICAL * bm25.scores(terms) / weight)


def test_the_likeliest_attribute_is_told_with_its_likeness(by_hand: Attributes) -> None:
    first, second, third = likeness("who made X?")
    found = by_hand.asked("who made TorchServe?")
    assert (found.name, found.given) == ("maker", False)
    assert found.likeness == found.ungiven == pytest.approx(max(first, second), abs=5e-3)
    assert third < first


def test_of_a_thing_it_is_told_of_an_attribute_is_given(by_hand: Attributes) -> None:
    *makers, price = likeness("who made X?")
    found = by_hand.asked("who made JAX?")
    assert (found.name, found.given) == ("maker", True)
    left_open = max(price, 0.0)
    assert found.ungiven == pytest.approx(left_open - (max(makers) - left_open), abs=5e-3)


def test_a_given_attribute_that_is_less_likely_changes_nothing(by_hand: Attributes) -> None:
    *makers, price = likeness("price of what who?")
    found = by_hand.asked("price of what who?")
    assert max(makers) < price and (found.name, found.given) == ("price", False)
    assert found.likeness == found.ungiven == pytest.approx(price, abs=5e-3)
    assert by_hand.asked("price of JAX who?").ungiven == by_hand.asked("price of JAX who?").likeness


def test_one_thing_of_several_is_enough(by_hand: Attributes) -> None:
    assert by_hand.asked("who made TorchServe and JAX?").given


def test_where_everything_is_given_nothing_is_left_open(tmp_path: Path) -> None:
    embedder = HandEmbedder("who")
    store = build(tmp_path / "attributes", list(MADE[0].wordings), AsQuestions(embedder))
    assert Attributes(MADE[:1], embedder, store=store).asked("who made JAX?").ungiven <= 0


def test_without_attributes_nothing_is_known_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    plain = Retriever(chunking.passages(article.load()), HandEmbedder("deploy"))
    assert plain.attribute("Who made TorchX?") == AttributeHit()


@pytest.mark.parametrize(
    "entry",
    [
        {"attribute": "price"},
        {"attribute": "price", "given": ["bread"], "zh": ["X 多少钱"], "en": ["price of X"]},
        {"attribute": "price", "given": [], "zh": [], "en": ["price of X"]},
        {"attribute": "price", "given": [], "zh": ["X 多少钱"], "en": [2022]},
        ["x"],
    ],
)
def test_a_broken_entry_is_named(tmp_path: Path, entry: object) -> None:
    (tmp_path / "made.yaml").write_text(yaml.safe_dump([entry]))
    with pytest.raises(CorpusError, match=r"index/made.yaml holds .* expected attribute, given as things"):
        attributes.load(tmp_path / "made.yaml")


def test_the_shipped_attributes_are_asked_for_in_both_languages_and_each_once() -> None:
    shipped = attributes.load()
    wordings = [wording.casefold() for each in shipped for wording in each.wordings]
    assert len(wordings) == len(set(wordings))
    assert len({each.name for each in shipped}) == len(shipped)
    for each in shipped:
        chinese = sum(not wording.isascii() for wording in each.wordings)
        assert chinese >= 5 and len(each.wordings) - chinese >= 5, each.name


def test_no_wording_names_a_thing_or_is_in_traditional_characters() -> None:
    masker = Masker(masking.load(), masking.words(" ".join(w for a in attributes.load() for w in a.wordings)))
    for each in attributes.load():
        for wording in each.wordings:
            assert masker.mask(wording).names <= {"x", "y"}, wording
            assert simplify(wording) == wording or not wording.isascii(), wording


def test_the_packaged_store_holds_the_shipped_attributes() -> None:
    wordings = [wording for each in attributes.load() for wording in each.wordings]
    assert Store.load(PACKAGED / "attributes", wordings, AsQuestions(open_embedder())).check()


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    """The article's."""
    return Retriever.open()


@pytest.mark.parametrize(
    ("question", "name", "given"),
    [
        ("Which firm came up with TorchX?", "maker", False),
        ("JAX 是哪个机构开发的?", "maker", True),
        ("What would I pay for Vertex AI each month?", "price", False),
        ("Playground 用哪种语言写成?", "programming language", False),
        ("What year saw the launch of TorchServe?", "release year", True),
        ("Haiku 何年问世的", "release year", False),
        ("How many stars has SpeechBrain on GitHub?", "stars", False),
    ],
)
def test_a_question_finds_its_attribute(retriever: Retriever, question: str, name: str, given: bool) -> None:
    found = retriever.attribute(question)
    assert (found.name, found.given) == (name, given)
    assert found.likeness > 0.6
    assert (found.ungiven < found.likeness) == given


def test_a_question_is_embedded_once_more_and_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))

    class Counting(HandEmbedder):
        asked: list[str] = []  # noqa: RUF012

        def embed_queries(self, texts):  # type: ignore[no-untyped-def]
            self.asked += texts
            return super().embed_queries(texts)

    embedder = Counting("who", "price")
    known = Attributes(MADE, embedder)
    counted = Retriever(chunking.passages(article.load()), embedder, attributes=known)
    embedder.asked.clear()
    for _ in range(2):
        counted.search("price of TorchServe")
        counted.attribute("price of TorchServe")
    assert embedder.asked == ["price of TorchServe", "price of X"]
