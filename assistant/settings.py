"""The few knobs, each an environment variable with the prefix ASSISTANT_; flags of the command line win."""

from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from corpus.errors import InputError

PREFIX = "ASSISTANT_"


class Settings(BaseSettings):
    """What may be chosen. Build it with `load_settings`, which words a wrong value as one sentence."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    llm: str = Field("qwen2.5-coder-1.5b", min_length=1, description="which generator; 'none' quotes only")
    home: Path | None = Field(None, description="folder of models and data; unset: the user's cache folder")
    adapter: str = Field("off", min_length=1, description="file of a LoRA adapter of the model, or 'off'")
    history: str | None = Field(
        None, min_length=1, description="file of the conversations, or 'off'; unset: the user's data folder"
    )
    host: str = Field("127.0.0.1", min_length=1, description="address to serve on")
    port: int = Field(7860, ge=0, le=65535, description="port to serve on; 0 takes a free one")
    threads: int = Field(0, ge=0, le=512, description="processor threads of the local model; 0 chooses")
    context_tokens: int = Field(4096, ge=512, le=131072, description="prompt and answer together")
    max_answer_tokens: int = Field(256, ge=1, le=4096, description="an answer is cut off after so many")
    cache: int = Field(
        256, ge=0, le=100000, description="answers kept in memory for the same question; 0 keeps none"
    )
    prompts_mb: int = Field(
        1000, ge=0, le=1_000_000, description="computed evidence kept on disk, in MB; 0 keeps none"
    )
    foresee: bool = Field(
        True, description="a server with nothing to do computes the evidence of likely questions"
    )
    deadline_seconds: float = Field(60.0, gt=0, le=3600, description="the model may work so long on a reply")

    api_keys: SecretStr = Field(
        SecretStr(""),
        description="who may ask over HTTP: `KEY` or `NAME KEY`, or sha256:… of it, with commas",
    )
    api_keys_file: Path | None = Field(None, description="file with a line `NAME sha256:…` for each API key")
    hostnames: str = Field("", description="further names, with commas, that the server is reached by")
    answers_at_once: int = Field(
        4, ge=1, le=256, description="questions answered at the same time, four of them by the local model"
    )
    answers_waiting: int = Field(32, ge=0, le=10000, description="questions that may wait for their turn")
    answers_per_client: int = Field(8, ge=1, le=10000, description="of both together for one client")
    answer_seconds: float = Field(120.0, gt=0, le=3600, description="a request may wait and work so long")
    log: Literal["quiet", "json"] = Field("quiet", description="json: a line on standard error per request")
    log_questions: bool = Field(False, description="also log what is asked and answered")


def load_settings(**chosen: Any) -> Settings:
    """Settings from `chosen` (None counts as not chosen), then the environment, then the defaults.

    Raises InputError with one sentence that names the first wrong value and what was expected.
    """
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        raise InputError(_sentence(error)) from error


def data_folder() -> Path:
    """Where this program keeps what is the user's: conversations, and the note of a running server."""
    return platformdirs.user_data_path("framework-assistant", appauthor=False)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0])
    if name not in Settings.model_fields:
        return f"There is no setting named {name!r}: choose one of {', '.join(Settings.model_fields)}."
    expected = first["msg"][0].lower() + first["msg"][1:]
    return f"The setting {name} ({PREFIX}{name.upper()}) cannot be {first['input']!r}: {expected}."
