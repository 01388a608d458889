"""llama.cpp's Python package, loaded so that its threads sleep while they wait for each other.

OpenMP reads how to wait once, when it is loaded. By default its threads spin at every barrier, and where
another program has one of the processors, reading a prompt takes five times as long. The other libraries
here bring an OpenMP of their own and go on as they are.
"""

import os

_POLICY = "OMP_WAIT_POLICY"

_chosen = os.environ.get(_POLICY)
os.environ.setdefault(_POLICY, "passive")
try:
    import xllamacpp
finally:
    if _chosen is None:
        del os.environ[_POLICY]

__all__ = ["xllamacpp"]
