"""The language models behind one protocol; `open_generator(spec)` reads the `--llm` notation."""
