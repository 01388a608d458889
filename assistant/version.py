"""The name and the version that the doors show."""

from importlib.metadata import PackageNotFoundError, version

NAME = "framework-assistant"

try:
    VERSION = version(NAME)
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0+checkout"
