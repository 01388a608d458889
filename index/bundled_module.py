"""The bundled encoder as a sentence-transformers module, so that it serves wherever that library is used.

model = SentenceTransformer(modules=[BundledEncoder()], prompts=PROMPTS)
model.encode_query("...")      # the same vectors as BundledEmbedder.embed_queries
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule

from index.embedder import BundledEmbedder

PROMPTS = {"query": "query: ", "document": "passage: "}


class BundledEncoder(InputModule):  # type: ignore[misc]
    """Text in, sentence embedding out, on the CPU.

    The embedder writes one of its two prefixes itself, so a prompt only chooses between them; a text with
    neither is taken for a passage.
    """

    config_keys: ClassVar[list[str]] = ["digest"]

    def __init__(self, digest: str | None = None) -> None:
        super().__init__()
        self._embedder = BundledEmbedder()
        self.digest = self._embedder.digest
        if digest not in (None, self.digest):
            raise ValueError(f"saved with the encoder {digest}, but this package carries {self.digest}")

    def preprocess(self, inputs: Sequence[str], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Texts with their prompt in front; the embedder tokenises them itself."""
        return {"texts": [(prompt or "") + text for text in inputs]}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Add `sentence_embedding`, (n, 384) float32, unit rows."""
        rows = [self._embed(text) for text in features["texts"]]
        features["sentence_embedding"] = torch.from_numpy(np.concatenate(rows))
        return features

    def _embed(self, text: str) -> Any:
        query, passage = PROMPTS["query"], PROMPTS["document"]
        if text.startswith(query):
            return self._embedder.embed_queries([text.removeprefix(query)])
        return self._embedder.embed_passages([text.removeprefix(passage)])

    def get_embedding_dimension(self) -> int:
        """384."""
        return self._embedder.dimension

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Write the configuration; the weights stay in their package."""
        self.save_config(output_path)
