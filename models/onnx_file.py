"""Looks into an ONNX file without running it: does it keep its weights in itself?

An ONNX file may say "this tensor lies in another file, at this path". A package that did so could read any
file of the station, and its digest would say nothing about the weights. Only the outline of the file is
walked (protocol buffers' tags and lengths); no tensor is copied.
"""

from collections.abc import Iterator

from models.errors import ModelFileRefused

# Field numbers of the ONNX messages, from the published onnx.proto.
_MODEL_GRAPH, _MODEL_FUNCTIONS = 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_FUNCTION_NODE = 7
_NODE_ATTRIBUTE = 5
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES = 22, 23
_SPARSE_VALUES, _SPARSE_INDICES = 1, 2
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_DEPTH = 16

# For each kind of message: which fields lead on, and to what.
_PATHS: dict[str, dict[int, str]] = {
    "model": {_MODEL_GRAPH: "graph", _MODEL_FUNCTIONS: "function"},
    "graph": {_GRAPH_NODE: "node", _GRAPH_INITIALIZER: "tensor", _GRAPH_SPARSE: "sparse"},
    "function": {_FUNCTION_NODE: "node"},
    "node": {_NODE_ATTRIBUTE: "attribute"},
    "attribute": {
        _ATTRIBUTE_TENSOR: "tensor",
        _ATTRIBUTE_TENSORS: "tensor",
        _ATTRIBUTE_GRAPH: "graph",
        _ATTRIBUTE_GRAPHS: "graph",
        _ATTRIBUTE_SPARSE: "sparse",
        _ATTRIBUTE_SPARSES: "sparse",
    },
    "sparse": {_SPARSE_VALUES: "tensor", _SPARSE_INDICES: "tensor"},
}


def refuse_external_data(weights: bytes) -> None:
    """Refuse an ONNX file that keeps any tensor outside itself, or that is no ONNX file.

    Raises:
        ModelFileRefused: Saying which.
    """
    if not weights:
        raise ModelFileRefused("model.onnx is empty: copy the package again.")
    try:
        external = _is_external(memoryview(weights), "model", 0)
    except (IndexError, ValueError) as error:
        raise ModelFileRefused(
            "model.onnx is not an ONNX file, or is damaged: copy the package again."
        ) from error
    if external:
        raise ModelFileRefused(
            "model.onnx refers to weights in another file; a package must hold them in model.onnx itself. "
            "Export the model again without external data."
        )


def _is_external(message: memoryview, kind: str, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    for number, wire, value in _fields(message):
        if kind == "tensor":
            if number == _TENSOR_EXTERNAL_DATA or (number == _TENSOR_DATA_LOCATION and value != 0):
                return True
            continue
        inner = _PATHS[kind].get(number)
        if (
            inner
            and wire == _BYTES
            and isinstance(value, memoryview)
            and _is_external(value, inner, depth + 1)
        ):
            return True
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int, memoryview | int]]:
    """Each field of a protocol-buffers message: its number, its wire type, its value."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, wire = tag >> 3, tag & 7
        value: memoryview | int = 0
        if wire == _VARINT:
            value, position = _varint(message, position)
        elif wire == _BYTES:
            length, position = _varint(message, position)
            value = message[position : position + length]
            position += length
        elif wire in {_FIXED64, _FIXED32}:
            position += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} doesn't exist")
        if position > len(message) or number == 0:
            raise ValueError("a field runs over the end")
        yield number, wire, value


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
