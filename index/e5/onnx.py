"""Just enough of ONNX to write a model in memory: nodes, constants, two ends.

ONNX is Protocol Buffers, and https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 numbers its fields.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONTRIB = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""

OPSET, IR = 18, 9

Shape = Sequence[int | str]
"""Sizes; a dimension that varies has a name."""

_KINDS = {np.dtype(np.float32): 1, np.dtype(np.uint8): 2, np.dtype(np.int64): 7}
_FLOAT, _INT = 1, 2


class Graph:
    """Nodes and constants of a graph, written as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """An initializer (TensorProto); returns its name."""
        raw = np.ascontiguousarray(values).tobytes()
        dimensions = b"".join(_number(1, size) for size in values.shape)
        tensor = dimensions + _number(2, _KINDS[values.dtype]) + _bytes(8, name.encode()) + _bytes(9, raw)
        self._parts.append(_bytes(5, tensor))
        return name

    def node(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = "", **settings: float
    ) -> str:
        """A NodeProto; returns the name of its first output."""
        parts = [_bytes(1, name.encode()) for name in inputs]
        parts += [_bytes(2, name.encode()) for name in outputs]
        parts += [_bytes(4, kind.encode())]
        parts += [_bytes(5, _setting(name, value)) for name, value in settings.items()]
        parts += [_bytes(7, domain.encode())]
        self._parts.append(_bytes(1, b"".join(parts)))
        return outputs[0]

    def model(self, taken: dict[str, Shape], given: dict[str, Shape]) -> bytes:
        """The ModelProto, from the names and shapes of the floats that go in and come out."""
        named = _bytes(2, b"graph")
        ends = b"".join(
            [_bytes(11, _shaped(*end)) for end in taken.items()]
            + [_bytes(12, _shaped(*end)) for end in given.items()]
        )
        versions = [_number(2, OPSET), _bytes(1, CONTRIB.encode()) + _number(2, 1)]
        graph = _bytes(7, b"".join(self._parts) + named + ends)
        return _number(1, IR) + graph + b"".join(_bytes(8, version) for version in versions)


def _setting(name: str, value: float) -> bytes:
    """An AttributeProto."""
    if isinstance(value, int):
        return _bytes(1, name.encode()) + _number(3, value) + _number(20, _INT)
    return _bytes(1, name.encode()) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, _FLOAT)


def _shaped(name: str, shape: Shape) -> bytes:
    """A ValueInfoProto."""
    dimensions = [_bytes(2, size.encode()) if isinstance(size, str) else _number(1, size) for size in shape]
    tensor = _number(1, _FLOAT) + _bytes(2, b"".join(_bytes(1, size) for size in dimensions))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
