"""The commands of the terminal's door, a file for each group; `cli.py` names them all."""
