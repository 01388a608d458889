"""How fast are the answers, what do they cost, and did that get worse? `python -m evaluation.bench`."""
