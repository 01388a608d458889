"""The language models behind one protocol; `open_generator(spec)` reads the `--llm` notation."""

from pathlib import Path

from assistant.generation.base import Generator
from assistant.settings import Settings
from corpus.errors import InputError

KNOWN = ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b")
NOTATION = (
    f"{', '.join(KNOWN)}, /path/to/model.gguf, transformers:ORG/NAME, transformers:/path, "
    "openai:http://HOST:PORT/v1#MODEL or none"
)


def open_generator(spec: str, settings: Settings) -> Generator | None:
    """The generator that `spec` names, ready to answer; None for 'none'.

    Raises InputError for a spec that names nothing, WeightsError for a missing or changed model file,
    GenerationError when the engine cannot start. Only the engine that is asked for is imported.
    """
    if spec == "none":
        return None
    if spec in KNOWN or spec.endswith(".gguf"):
        from assistant.generation.llamacpp import LlamaCpp

        return LlamaCpp(Path(spec).stem, model_file(spec), settings)
    raise InputError(f"There is no language model {spec!r}: choose {NOTATION}.")


def model_file(spec: str) -> Path:
    """The file of a registered model, verified, or the .gguf path that was given."""
    if spec in KNOWN:
        from index import weights

        return Path(weights.path(spec))
    path = Path(spec).expanduser()
    if not path.is_file():
        raise InputError(f"There is no model file {path}: give the path of a GGUF file.")
    return path
