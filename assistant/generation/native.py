"""llama.cpp's Python package, loaded so that its threads wait for each other only a moment before they sleep.

OpenMP reads how to wait once, when it is loaded. By default its threads spin at every barrier, and where
another program has one of the processors, reading a prompt takes five times as long. If they sleep at once,
they are woken hundreds of times a token, and four replies together are written a quarter more slowly. The
other libraries here bring an OpenMP of their own and go on as they are.
"""

import os

WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}
"""A thousand turns are some 20 microseconds: most barriers are shorter, and a lost processor is longer."""

_before = {name: os.environ.get(name) for name in WAITING}
for _name, _value in WAITING.items():
    os.environ.setdefault(_name, _value)
try:
    import xllamacpp
finally:
    for _name, _old in _before.items():
        if _old is None:
            del os.environ[_name]

__all__ = ["xllamacpp"]
