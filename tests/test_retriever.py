"""Search by hand-made passages and over the article: fusion, languages, aliases, typos, sentences."""

import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from doubles import HandEmbedder

from corpus.chunking import Passage
from corpus.errors import InputError
from index import lexical
from index.evaluate import places, read, recall
from index.query import ALIAS_WEIGHT, Reader, glossary, language_of, simplify
from index.retriever import Retriever

QUESTIONS = Path(__file__).parent / "data" / "retrieval.tsv"

MADE = [  # heading, Chinese sentences, English sentences
    (
        "工业界",
        "Industry",
        ["部署请选 TensorFlow。", "嵌入式设备也一样。"],
        ["Deploy with TensorFlow.", "Embedded too."],
    ),
    ("研究人员", "Researchers", ["写论文选 PyTorch。"], ["For papers choose PyTorch."]),
    ("教授", "Professors", ["课程看目标。"], ["The course decides."]),
]


def made() -> list[Passage]:
    """The passages of MADE in both languages."""
    found = []
    for language, other in (("zh", "en"), ("en", "zh")):
        for number, (zh_head, en_head, zh, en) in enumerate(MADE):
            head, sentences, gap = (zh_head, zh, "") if language == "zh" else (en_head, en, " ")
            text = gap.join(sentences)
            starts = [text.index(sentence) for sentence in sentences]
            spans = tuple((start, start + len(s)) for start, s in zip(starts, sentences, strict=True))
            found.append(
                Passage(
                    id=f"{language}-made-{number}",
                    language=language,
                    section="made",
                    paragraph_id=f"made.{number}",
                    start=0,
                    end=len(text),
                    text=text,
                    sentences=spans,
                    counterpart_id=f"{other}-made-{number}",
                    path=(head,),
                )
            )
    return found


@pytest.fixture
def by_hand(tmp_path, monkeypatch) -> Retriever:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    return Retriever(made(), HandEmbedder("tensorflow", "pytorch", "部署", "deploy", "论文", "paper"))


@pytest.fixture(scope="module")
def article() -> Retriever:
    return Retriever.open()


def first(retriever: Retriever, question: str) -> str:
    """The best pair's id without its language."""
    return retriever.search(question, k=1)[0].passage.id[3:]


# --- terms and BM25


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("TensorFlow.js 和 C++", ("tensorflow.js", "和", "c++")),
        ("物联网设备", ("物联", "联网", "网设", "设备")),
        ("機器學習", ("机器", "器学", "学习")),
        ("ＴＦＸ　ｌｉｔｅ", ("tfx", "lite")),
        ("What are the libraries' models?", ("library", "model")),
        ("libraries, classes and PyTorch’s status", ("library", "classe", "pytorch", "status")),
        ("85% of 4500, 2/3", ("85", "4500", "2", "3")),
        ("?!,。", ()),
    ],
)
def test_terms(text, terms):
    assert lexical.terms(text) == terms


def test_bm25_is_the_textbook_formula():
    documents = [["a", "b", "b"], ["b", "c"], ["c", "c", "c", "d"], []]
    bm25 = lexical.BM25(documents)
    query = {"b": 1.0, "c": 0.5, "unknown": 1.0}
    average = sum(map(len, documents)) / 4
    for document, score in zip(documents, bm25.scores(query), strict=True):
        expected = 0.0
        for term, weight in query.items():
            holding = sum(term in other for other in documents)
            idf = math.log(1 + (4 - holding + 0.5) / (holding + 0.5))
            count = Counter(document)[term]
            norm = 1.2 * (1 - 0.75 + 0.75 * len(document) / average)
            expected += weight * idf * count * 2.2 / (count + norm)
        assert score == pytest.approx(expected, abs=1e-5)
    assert bm25.rarity("unknown") > bm25.rarity("d") > bm25.rarity("b")


# --- reading a question


def test_the_language_of_a_question():
    assert language_of("PyTorch or TensorFlow?") == "en"
    assert language_of("PyTorch 还是 TensorFlow?") == "zh"
    assert language_of("embedded device 上用哪个 framework") == "zh"
    assert language_of("What does the article mean by 物联网?") == "en"


def test_traditional_words_become_the_corpus_own():
    assert simplify("軟體與資料集") == "软件与数据集"
    assert simplify("在云里发表的只有面粉") == "在云里发表的只有面粉", "Simplified text is left alone"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("what is pytroch live", "what is pytorch live"),
        ("Tensor Flow Lite", "tensorflow Lite"),
        ("Tensorfow 部署", "tensorflow 部署"),
        ("the Kubernets one", "the kubernetes one"),
        ("Hugging Face 模型", "huggingface 模型"),
        ("PyTorch Lightning", "PyTorch Lightning"),
        ("serve a course on learning", "serve a course on learning"),
        ("TF and TFX", "TF and TFX"),
    ],
)
def test_names_are_mended_and_words_left_alone(article, typed, meant):
    assert article._reader.read(typed).text == meant


def test_only_unknown_words_are_mended():
    reader = Reader(["pytorch", "12345"], known=["pitorch"])
    assert reader.read("pitorch").text == "pitorch"
    assert reader.read("pytorhc").text == "pytorch"
    assert reader.read("12346").text == "12346"
    assert reader.read("").terms == {"zh": {}, "en": {}}


def test_an_alias_adds_the_others_at_a_lower_weight():
    terms = Reader([]).read("物联网上用 TFX").terms
    assert terms["zh"]["物联"] == terms["zh"]["tfx"] == terms["en"]["tfx"] == 1
    assert terms["zh"]["extended"] == terms["en"]["extended"] == ALIAS_WEIGHT < 1
    assert terms["en"]["iot"] == terms["en"]["internet"] == ALIAS_WEIGHT
    assert "物联" not in terms["en"]


def test_the_glossary_is_well_formed():
    for group in glossary():
        assert len({alias for _, alias, _ in group.aliases}) >= 1
        assert all(terms for _, _, terms in group.aliases)
    everything = [alias for group in glossary() for _, alias, _ in group.aliases]
    assert {"tfx", "tensorflow extended", "tflite", "物联网", "强化学习", "rl"} <= set(everything)


# --- search over passages made by hand


def test_a_pair_is_shown_once_in_the_askers_language(by_hand):
    hits = by_hand.search("部署用什么?", k=10)
    assert hits[0].passage.id == "zh-made-0"
    assert len(hits) == 3
    assert {hit.passage.language for hit in hits} == {"zh"}
    assert all(hit.counterpart.id == hit.passage.counterpart_id for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    english = by_hand.search("部署用什么?", k=1, language="en")[0]
    assert (english.passage.id, english.counterpart.id) == ("en-made-0", "zh-made-0")


def test_the_score_is_the_documented_sum(by_hand):
    question = "How to deploy TensorFlow?"
    hits = {hit.passage.id: hit for hit in by_hand.search(question, k=3)}
    embedder = by_hand.embedder
    vector = embedder.embed_queries([question])[0]
    terms = by_hand._reader.read(question).terms

    def z(values):
        return (np.array(values) - np.mean(values)) / np.std(values)

    total = np.zeros(3)
    for language, share in (("en", 1.0), ("zh", 0.5)):
        passages = [passage for passage in made() if passage.language == language]
        whole = embedder.embed_queries([f"{p.path[0]}: {p.text}" for p in passages]) @ vector
        best = [
            max(embedder.embed_queries([f"{p.path[0]}: {p.text[a:b]}"])[0] @ vector for a, b in p.sentences)
            for p in passages
        ]
        bm25 = lexical.BM25([lexical.terms(f"{p.path[0]} {p.text}") for p in passages]).scores(
            terms[language]
        )
        total += share * ((z(whole) + z(best)) / 2 + z(bm25))
    assert [hits[f"en-made-{number}"].score for number in range(3)] == pytest.approx(total, abs=1e-2)
    best = max(hits.values(), key=lambda hit: hit.score)
    assert best.dense_rank == best.lexical_rank == 1


def test_a_heading_counts(by_hand):
    for question in ("advice for researchers", "给研究人员的"):
        best = min(by_hand.search(question, k=3), key=lambda hit: hit.lexical_rank)
        assert best.passage.id[3:] == "made-1"
        assert best.lexical > 0


def test_coverage_names_what_is_missing(by_hand):
    hit = by_hand.search("deploy quantum TensorFlow", k=1)[0]
    assert hit.missing == ("quantum",)
    assert 0 < hit.coverage < 1
    assert by_hand.search("deploy TensorFlow", k=1)[0].coverage == 1
    assert by_hand.search("?", k=1)[0].coverage == 0


def test_sentences_of_hits_are_ranked_and_aligned(by_hand):
    question = "嵌入式设备怎么部署?"
    sentences = by_hand.sentences(question, by_hand.search(question, k=2))
    best = sentences[0]
    assert (best.passage.id, best.sentence, best.text) == ("zh-made-0", 1, "嵌入式设备也一样。")
    assert best.counterpart_text == "Embedded too."
    start, end = best.passage.sentences[best.sentence]
    assert best.passage.text[start:end] == best.text
    assert len(sentences) == sum(len(h.passage.sentences) for h in by_hand.search(question, k=2))
    assert [s.score for s in sentences] == sorted((s.score for s in sentences), reverse=True)
    assert by_hand.sentences(question, []) == []


def test_k_is_honoured(by_hand):
    assert [len(by_hand.search("部署", k=k)) for k in (0, 1, 2, 99)] == [0, 1, 2, 3]


def test_unaligned_passages_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    with pytest.raises(InputError, match="same order"):
        Retriever(made()[:-1], HandEmbedder("x"))


# --- search over the article with the default embedder


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        ("TFX", "ecosystem-tfx-01"),
        ("What does TFX stand for?", "ecosystem-tfx-01"),
        ("TFLite 支持的系统", "deployment-tensorflow-lite-02"),
        ("ＧＲＰＣ", "deployment-tensorflow-serving-03"),
        ("Haiku 是哪家做的", "researcher-05"),
        ("物聯網裝置", "industry-05"),
    ],
)
def test_acronyms_aliases_and_scripts(article, question, pair):
    assert pair in [hit.passage.id[3:] for hit in article.search(question, k=3)]


def test_odd_questions_do_not_fail(article):
    for question in ("", " ", "？", "🙂", "\0", "\ud800", "长" * 5000, "a" * 5000):
        assert len(article.search(question)) == 5
        assert len(article.rankings(question, "zh")) == 100


def test_threads_agree(article):
    questions = ["什么是 TFX?", "Which framework for researchers?"] * 8
    with ThreadPoolExecutor(4) as workers:
        together = list(workers.map(lambda question: first(article, question), questions))
    assert together == [first(article, question) for question in questions]


@pytest.mark.parametrize("english", [True, False])
def test_our_own_questions_find_their_passages(article, english):
    questions = [question for question in read(QUESTIONS) if (question.kind == "en") == english]
    assert len(questions) >= 40
    rankings = [[h.passage.id[3:] for h in article.search(q.text, k=len(article))] for q in questions]
    found = recall([places(r, q.groups)[1] for r, q in zip(rankings, questions, strict=True)])
    at_1, _, at_5, _ = found
    assert at_5 >= 0.95
    assert at_1 >= 0.70


def test_one_edition_alone_answers_the_other_language(article):
    questions = [question for question in read(QUESTIONS) if question.kind == "en"]
    rankings = [[id[3:] for id in article.rankings(q.text, "zh")] for q in questions]
    found = recall([places(r, q.groups)[1] for r, q in zip(rankings, questions, strict=True)])
    assert found[2] >= 0.85
