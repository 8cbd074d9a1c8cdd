"""The frames between server and worker, version 1. All numbers are big-endian."""

import struct

HELLO = 1
CONFIG = 2
READY = 3
START_FAILED = 4
CALL = 5
STARTED = 6
RESULT = 7
DRAIN = 8
CONFIG_TRANSFORMER = 9
REQUEST = 10
PREDICT = 11
PREDICTED = 12
RESPONSE = 13

MAX_PAYLOAD = 50 * 1024 * 1024
MAX_FRAME = 64 * 1024 * 1024
MAX_SENT = 60 * 1024 * 1024  # all that one message sends
MAX_SENDS = 65535
MAX_REASON = 4000

SINGLY = 1  # flag of CALL: do not use the batch entry point
BATCH = 1  # flag of READY: the function has a batch entry point
EXPLAINS = 2  # flag of READY: a transformer that explains

# What a REQUEST is, and the form of a PREDICT.
V1 = 1
V2 = 2
EXPLAIN = 3
EVENT = 16  # added to it: the request is the data of a CloudEvent, its attributes are headers

ALL_JSON = -1  # nothing follows the JSON of a body

_U32 = struct.Struct(">I")
_U16 = struct.Struct(">H")
_FRAME = struct.Struct(">IB")
_CALL = struct.Struct(">QBIH")
_ITEM = struct.Struct(">HqI")
_SENT = struct.Struct(">IBQBI")
_STARTED = struct.Struct(">IBQ")
_FAILED = struct.Struct(">IBQB")
_REQUESTS = struct.Struct(">QH")
_BODY = struct.Struct(">iI")
_PREDICT = struct.Struct(">IBQIBiI")
_PREDICTED = struct.Struct(">IHiI")
_RESPONSE = struct.Struct(">QHIIII")


class ProtocolError(Exception):
    """The other side does not keep to the protocol."""


class Origin:
    """Where messages come from: a topic and the selectors that chose it."""

    __slots__ = ("topic", "selectors")

    def __init__(self, topic, selectors):
        self.topic = topic
        self.selectors = selectors


class Reader:
    """Reads the body of one frame and never beyond it."""

    def __init__(self, body):
        self._body = memoryview(body)
        self._at = 0

    def unpack(self, layout):
        end = self._at + layout.size
        if end > len(self._body):
            raise ProtocolError("frame ends too early")
        values = layout.unpack_from(self._body, self._at)
        self._at = end
        return values

    def u16(self):
        return self.unpack(_U16)[0]

    def u32(self):
        return self.unpack(_U32)[0]

    def take(self, length):
        end = self._at + length
        if end > len(self._body):
            raise ProtocolError("frame ends too early")
        part = self._body[self._at : end]
        self._at = end
        return part

    def text(self):
        return str(self.take(self.u32()), "utf-8")

    def text_map(self):
        return {self.text(): self.text() for _ in range(self.u16())}

    def end(self):
        if self._at != len(self._body):
            raise ProtocolError("frame is longer than its content")


def text(value):
    data = value.encode("utf-8", "replace")
    return _U32.pack(len(data)) + data


def text_map(values):
    out = [_U16.pack(len(values))]
    for name, value in values.items():
        out.append(text(name))
        out.append(text(value))
    return b"".join(out)


def frame(kind, body=b""):
    return _FRAME.pack(len(body) + 1, kind) + body


def hello(token, version, language, language_version):
    return frame(HELLO, _U32.pack(version) + text(token) + text(language) + text(language_version))


def ready(flags):
    return frame(READY, bytes((flags,)))


def start_failed(reason):
    return frame(START_FAILED, text(reason[-MAX_REASON:]))


def started(sequence):
    return _STARTED.pack(_STARTED.size - 4, STARTED, sequence)


def failed(sequence, reason):
    body = text(reason[:MAX_REASON])
    return _FAILED.pack(_FAILED.size - 4 + len(body), RESULT, sequence, 1) + body


def sent(sequence, payloads):
    """The pieces of a RESULT frame for a message that succeeded."""
    length = _SENT.size - 4
    pieces = [b""]
    for payload in payloads:
        length += 4 + len(payload)
        pieces.append(_U32.pack(len(payload)))
        pieces.append(payload)
    pieces[0] = _SENT.pack(length, RESULT, sequence, 0, len(payloads))
    return pieces


def config(body):
    reader = Reader(body)
    values = {
        "input": reader.text(),
        "output": reader.text(),
        "script": reader.text(),
        "args": reader.text_map(),
        "max_payload": reader.u32(),
    }
    reader.end()
    return values


def call(body):
    """First sequence number, flags, and the messages as (origin, nanoseconds, payload)."""
    reader = Reader(body)
    first, flags, count, origin_count = reader.unpack(_CALL)
    origins = [Origin(reader.text(), reader.text_map()) for _ in range(origin_count)]
    messages = []
    for _ in range(count):
        origin, nanos, length = reader.unpack(_ITEM)
        if origin >= origin_count:
            raise ProtocolError("unknown origin %d" % origin)
        messages.append((origins[origin], nanos, bytes(reader.take(length))))
    reader.end()
    return first, flags, messages


def config_transformer(body):
    reader = Reader(body)
    values = {
        "input": reader.text(),
        "output": reader.text(),
        "script": reader.text(),
        "args": reader.text_map(),
        "max_payload": reader.u32(),
        "model": reader.text(),
        "protocol": reader.text(),
        "predictor_host": reader.text(),
    }
    values["arguments"] = [reader.text() for _ in range(reader.u16())]
    reader.end()
    return values


class Request:
    """What a transformer is asked: how, with which headers, and the body."""

    __slots__ = ("kind", "headers", "body", "json_length")

    def __init__(self, kind, headers, body, json_length=ALL_JSON):
        self.kind = kind
        self.headers = headers
        self.body = body
        self.json_length = json_length


def _body(reader):
    json_length, length = reader.unpack(_BODY)
    if json_length > length:
        raise ProtocolError("more JSON than body")
    return bytes(reader.take(length)), json_length


def requests(body):
    """First sequence number and the requests."""
    reader = Reader(body)
    first, count = reader.unpack(_REQUESTS)
    found = []
    for _ in range(count):
        kind = reader.take(1)[0]
        headers = reader.text_map()
        data, json_length = _body(reader)
        found.append(Request(kind, headers, data, json_length))
    reader.end()
    return first, found


def predict(sequence, number, form, body, json_length=ALL_JSON):
    """The pieces of a PREDICT frame."""
    head = _PREDICT.pack(
        _PREDICT.size - 4 + len(body), PREDICT, sequence, number, form, json_length, len(body)
    )
    return [head, body]


def predicted(body):
    """Number, status, body and how much of it is JSON."""
    reader = Reader(body)
    number, status, json_length, length = reader.unpack(_PREDICTED)
    data = bytes(reader.take(length))
    reader.end()
    return number, status, data, json_length


def response(sequence, status, micros, headers, body, json_length=ALL_JSON):
    """The pieces of a RESPONSE frame; ``micros`` are those of the four stages."""
    head = _RESPONSE.pack(sequence, status, *(min(int(m), 0xFFFFFFFF) for m in micros))
    head += text_map(headers) + _BODY.pack(json_length, len(body))
    return [_FRAME.pack(1 + len(head) + len(body), RESPONSE) + head, body]
