"""Every error this project raises on purpose.

AssistantError                 one sentence a person can act on
├── InputError                 what the caller sent cannot be used
├── CorpusError                an edition, a repair or the flowcharts are damaged or disagree
├── WeightsError               a model file is missing, cut short or changed
├── IndexDamagedError          the vectors on disk do not match the corpus or the embedder
├── GenerationError            the language model could not be started or stopped half-way
└── HistoryError               the kept conversations cannot be read or written

The tree stands in the lowest stage because every stage raises from it. Foreign errors (FAISS, llama.cpp,
OS) are mapped to these at the seam where they appear, `raise ... from exc`. The command line prints the
sentence and exits with `exit_code`; HTTP answers with `status`.
"""


class AssistantError(Exception):
    """Base of the tree: the message says what was found, what was expected and what to do."""

    exit_code = 1
    status = 500


class InputError(AssistantError):
    """The caller's question, option or file cannot be used."""

    exit_code = 2
    status = 422


class CorpusError(AssistantError):
    """An edition, a repair or a flowchart is damaged, or two of them disagree."""


class WeightsError(AssistantError):
    """A model file is missing, cut short or changed."""

    status = 503


class IndexDamagedError(AssistantError):
    """The index on disk does not match the corpus or the embedder."""

    status = 503


class GenerationError(AssistantError):
    """The language model could not be started, or stopped half-way."""

    status = 503


class HistoryError(AssistantError):
    """The file of kept conversations cannot be read or written."""

    status = 503
