"""The language models behind one protocol; `open_generator(spec)` reads the `--llm` notation."""

from pathlib import Path

from assistant.generation.base import Generator
from assistant.settings import Settings
from corpus.errors import InputError
from index import weights


def open_generator(spec: str, settings: Settings) -> Generator | None:
    """The generator that `spec` names, ready to answer; None for 'none'.

    Raises InputError for a spec that names nothing, WeightsError for a missing or changed model file,
    GenerationError when the engine cannot start. Only the engine that is asked for is imported.
    """
    kind, _, rest = spec.partition(":")
    if spec == "none":
        return None
    if kind == "transformers" and rest:
        from assistant.generation.transformers_engine import TransformersModel

        return TransformersModel(_name(rest), _source(rest), settings)
    if kind == "openai" and rest:
        from assistant.generation.openai_compatible import OpenAICompatible

        return OpenAICompatible(rest, settings)
    if spec in registered() or spec.endswith(".gguf"):
        from assistant.generation.llamacpp import LlamaCpp

        return LlamaCpp(_name(spec), file_of(spec), settings)
    raise InputError(
        f"There is no language model {spec!r}: choose {', '.join(registered())}, /path/to/model.gguf, "
        "transformers:ORG/NAME, transformers:/path, openai:http://HOST:PORT/v1#MODEL or none."
    )


def registered() -> list[str]:
    """Names of the language models whose files this project can fetch; the first is the default."""
    return [name for name, model in weights.registry().items() if model.file.endswith(".gguf")]


def _name(spec: str) -> str:
    return Path(spec).name.removesuffix(".gguf") if spec.endswith(".gguf") else spec


def file_of(spec: str) -> Path:
    """The file of a registered model, verified, or the path that was given. Raises as `open_generator`."""
    if spec in registered():
        return weights.path(spec)
    path = Path(spec).expanduser()
    if not path.is_file():
        raise InputError(f"There is no model file {path}: give the path of a GGUF file.")
    return path


def _source(spec: str) -> Path | str:
    """What transformers is to load: a file, a folder or a hub id."""
    if spec in registered() or spec.endswith(".gguf"):
        return file_of(spec)
    path = Path(spec).expanduser()
    if path.is_dir():
        return path
    if spec.startswith(("/", ".", "~")) or spec.count("/") != 1:
        raise InputError(f"There is no model folder {path}: give a folder, a GGUF file or a hub id ORG/NAME.")
    return spec
