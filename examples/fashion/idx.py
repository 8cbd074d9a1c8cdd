"""Reads and writes IDX files, the format in which MNIST and Fashion-MNIST are published.

An IDX file of unsigned bytes is a four-byte magic number (0, 0, 8, number of dimensions), one
big-endian 32-bit length for each dimension, and then the bytes themselves.
"""

import gzip
import io
import math
import struct
import zlib
from pathlib import Path

UNSIGNED_BYTE = 8


class BadIdxFile(Exception):
    """The file is not an IDX file of unsigned bytes, or it is damaged."""


def read(path: Path) -> tuple[tuple[int, ...], bytes]:
    """The shape and the bytes of a gzipped IDX file."""
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise BadIdxFile(f"{path} cannot be read: {error}") from error
    if len(content) < 4 or content[:3] != bytes([0, 0, UNSIGNED_BYTE]):
        raise BadIdxFile(f"{path} is not an IDX file of unsigned bytes")
    dimensions = content[3]
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise BadIdxFile(f"{path} ends inside its header")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise BadIdxFile(f"{path} holds {len(content) - header} bytes, but its header says {shape}")
    return shape, content[header:]


def read_pictures(folder: Path, name: str) -> tuple[list[bytes], bytes]:
    """Pictures of 28 x 28 bytes and their labels, from `name`-images-... and `name`-labels-..."""
    shape, pixels = read(folder / f"{name}-images-idx3-ubyte.gz")
    labels_shape, labels = read(folder / f"{name}-labels-idx1-ubyte.gz")
    if shape[1:] != (28, 28) or labels_shape != shape[:1]:
        raise BadIdxFile(f"{name} in {folder}: pictures {shape} and labels {labels_shape} do not fit together")
    return [pixels[start : start + 784] for start in range(0, len(pixels), 784)], labels


def write(path: Path, shape: tuple[int, ...], content: bytes) -> None:
    """Writes a gzipped IDX file; the same content always gives the same file."""
    if len(content) != math.prod(shape):
        raise ValueError(f"{len(content)} bytes do not have the shape {shape}")
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, UNSIGNED_BYTE, len(shape), *shape)
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as file:
        file.write(header + content)
    path.write_bytes(buffer.getvalue())
