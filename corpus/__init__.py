"""Stage 1: the article becomes aligned passages. Imports nothing of ours."""
