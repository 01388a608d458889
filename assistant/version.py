"""The version that the doors show."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("framework-assistant")
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0+checkout"
