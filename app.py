"""The front door: `python app.py` serves the web chat and the API; with arguments it is `assistant`."""

import sys

from assistant.terminal.cli import main

if __name__ == "__main__":
    main(sys.argv[1:] or ["serve"])
