"""Stage 3: a question becomes a cited, verified, rule-checked answer. Imports corpus and index."""
