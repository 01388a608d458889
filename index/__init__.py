"""Stage 2: passages become searchable. Imports corpus."""
