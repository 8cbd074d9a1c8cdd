"""Requests and answers of the Open Inference Protocol, as kserve's classes of the same names."""

import json
import struct
import uuid

_LENGTH = struct.Struct("<I")
_NUMPY = {
    "BOOL": "?",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
_SIZE_OF = "binary_data_size"


def datatype_of(dtype):
    """The protocol's name of a NumPy type; None when it has none."""
    kind = {"b": "BOOL", "u": "UINT", "i": "INT", "f": "FP"}.get(dtype.kind)
    if kind is None:
        return "BYTES" if dtype.kind in "OSU" else None
    return kind if kind == "BOOL" else kind + str(dtype.itemsize * 8)


def _raw_of(array):
    if array.dtype.kind not in "OSU":
        return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    pieces = []
    for element in array.flatten():
        data = element.encode("utf-8") if isinstance(element, str) else bytes(element)
        pieces.append(_LENGTH.pack(len(data)) + data)
    return b"".join(pieces)


def _bytes_of(raw):
    at = 0
    found = []
    while at < len(raw):
        length = _LENGTH.unpack_from(raw, at)[0]
        at += 4
        found.append(bytes(raw[at : at + length]))
        at += length
    return found


class _Tensor:
    def __init__(self, name, shape, datatype, data=None, parameters=None):
        self._name = name
        self._shape = [int(extent) for extent in shape]
        self._datatype = datatype
        self._data = data
        self._raw = None
        self._parameters = dict(parameters or {})

    @property
    def name(self):
        return self._name

    @property
    def shape(self):
        return self._shape

    @shape.setter
    def shape(self, value):
        self._shape = list(value)

    @property
    def datatype(self):
        return self._datatype

    @property
    def parameters(self):
        return self._parameters

    @parameters.setter
    def parameters(self, value):
        self._parameters = dict(value or {})

    @property
    def data(self):
        if self._data is None and self._raw is not None:
            return self.as_numpy().flatten().tolist()
        return self._data

    @data.setter
    def data(self, value):
        self._data = value
        self._raw = None

    def as_string(self):
        if self._datatype != "BYTES":
            raise ValueError("%s holds %s, not BYTES" % (self._name, self._datatype))
        values = _bytes_of(self._raw) if self._raw is not None else self._data
        return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in values]

    def as_numpy(self):
        import numpy

        if self._datatype == "BYTES":
            values = _bytes_of(self._raw) if self._raw is not None else self._data
            flat = [v.encode("utf-8") if isinstance(v, str) else v for v in _flat(values)]
            array = numpy.empty(len(flat), dtype=object)
            array[:] = flat
        elif self._datatype == "BF16":
            if self._raw is None:
                raise ValueError("BF16 travels in binary only")
            halves = numpy.frombuffer(self._raw, dtype="<u2").astype("<u4")
            array = (halves << 16).view("<f4")
        elif self._raw is not None:
            array = numpy.frombuffer(self._raw, dtype=_NUMPY[self._datatype])
        else:
            array = numpy.array(self._data, dtype=_NUMPY[self._datatype])
        return array.reshape(self._shape)

    def set_data_from_numpy(self, input_tensor, binary_data=True):
        found = datatype_of(input_tensor.dtype)
        if found != self._datatype and not (self._datatype == "BYTES" and found == "BYTES"):
            raise ValueError(
                "%s is %s and the array holds %s" % (self._name, self._datatype, input_tensor.dtype)
            )
        self._shape = list(input_tensor.shape)
        if binary_data:
            self._raw = _raw_of(input_tensor)
            self._data = None
            self._parameters[_SIZE_OF] = len(self._raw)
        else:
            self._parameters.pop(_SIZE_OF, None)
            self._raw = None
            if found == "BYTES":
                self._data = [
                    v if isinstance(v, str) else bytes(v).decode("utf-8")
                    for v in input_tensor.flatten()
                ]
            else:
                self._data = input_tensor.flatten().tolist()

    def _set_raw(self, raw):
        self._raw = raw
        self._data = None

    def _has_raw(self):
        return self._raw is not None

    def _document(self, with_raw):
        """As JSON has it; binary content goes behind the JSON, or into it as numbers."""
        document = {"name": self._name, "shape": self._shape, "datatype": self._datatype}
        parameters = dict(self._parameters)
        parameters.pop("binary_data", None)
        if with_raw and self._raw is not None:
            parameters[_SIZE_OF] = len(self._raw)
        else:
            parameters.pop(_SIZE_OF, None)
            if self._datatype == "BYTES":
                document["data"] = self.as_string()
            else:
                document["data"] = self.data
        if parameters:
            document["parameters"] = parameters
        return document

    def __eq__(self, other):
        return isinstance(other, _Tensor) and self._document(False) == other._document(False)

    __hash__ = None

    def __repr__(self):
        return "%s(%r, %r, %r)" % (type(self).__name__, self._name, self._shape, self._datatype)


def _flat(values):
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


class InferInput(_Tensor):
    """One input."""


class InferOutput(_Tensor):
    """One output."""


class RequestedOutput:
    """An output that is asked for."""

    def __init__(self, name, parameters=None):
        self.name = name
        self.parameters = dict(parameters or {})

    @property
    def binary_data(self):
        return self.parameters.get("binary_data")


def _split(body, json_length):
    """The JSON of a body and an iterator over what follows it."""
    if json_length is None or json_length < 0:
        return json.loads(body), b""
    return json.loads(body[:json_length]), body[json_length:]


def _tensors(kind, documents, rest):
    at = 0
    found = []
    for document in documents:
        parameters = document.get("parameters") or {}
        tensor = kind(
            document["name"],
            document["shape"],
            document["datatype"],
            document.get("data"),
            parameters,
        )
        size = parameters.get(_SIZE_OF)
        if size is not None and "data" not in document:
            if at + size > len(rest):
                raise ValueError("the binary content of %s ends too early" % tensor.name)
            tensor._set_raw(rest[at : at + size])
            at += size
        found.append(tensor)
    if at != len(rest):
        raise ValueError("%d bytes follow the last tensor" % (len(rest) - at))
    return found


def _join(document, tensors):
    """(dict, None) when all is JSON, else (bytes, length of the JSON)."""
    raw = [tensor._raw for tensor in tensors if tensor._has_raw()]
    if not raw:
        return document, None
    head = json.dumps(document, separators=(",", ":")).encode("utf-8")
    return head + b"".join(raw), len(head)


class InferRequest:
    """A request: named input tensors."""

    def __init__(
        self,
        model_name,
        infer_inputs,
        request_id=None,
        raw_inputs=None,
        from_grpc=False,
        parameters=None,
        request_outputs=None,
        model_version=None,
    ):
        self.id = request_id
        self.model_name = model_name
        self.model_version = model_version
        self.inputs = list(infer_inputs)
        self.parameters = dict(parameters or {})
        self.from_grpc = from_grpc
        self.request_outputs = request_outputs
        for tensor, raw in zip(self.inputs, raw_inputs or []):
            tensor._set_raw(raw)

    @property
    def use_binary_outputs(self):
        return bool(self.parameters.get("binary_data_output"))

    @classmethod
    def from_bytes(cls, req_bytes, json_length, model_name):
        document, rest = _split(req_bytes, json_length)
        if not isinstance(document, dict) or not isinstance(document.get("inputs"), list):
            raise ValueError("'inputs' must be a list of tensors")
        outputs = [
            RequestedOutput(output["name"], output.get("parameters"))
            for output in document.get("outputs") or []
        ]
        return cls(
            model_name,
            _tensors(InferInput, document["inputs"], rest),
            request_id=document.get("id"),
            parameters=document.get("parameters"),
            request_outputs=outputs or None,
        )

    def to_rest(self):
        document = self._document(True)
        return _join(document, self.inputs)

    def to_dict(self):
        return self._document(False)

    def _document(self, with_raw):
        document = {}
        if self.id:
            document["id"] = self.id
        document["inputs"] = [tensor._document(with_raw) for tensor in self.inputs]
        if self.parameters:
            document["parameters"] = self.parameters
        if self.request_outputs:
            document["outputs"] = [
                {"name": output.name, "parameters": output.parameters}
                if output.parameters
                else {"name": output.name}
                for output in self.request_outputs
            ]
        return document

    def get_input_by_name(self, name):
        return next((tensor for tensor in self.inputs if tensor.name == name), None)

    def as_dataframe(self):
        import pandas

        return pandas.DataFrame({t.name: list(t.as_numpy()) for t in self.inputs})


class InferResponse:
    """An answer: named output tensors."""

    def __init__(
        self,
        response_id,
        model_name,
        infer_outputs,
        model_version=None,
        raw_outputs=None,
        from_grpc=False,
        parameters=None,
        use_binary_outputs=False,
        requested_outputs=None,
    ):
        self.id = response_id
        self.model_name = model_name
        self.model_version = model_version
        self.outputs = list(infer_outputs)
        self.parameters = dict(parameters or {})
        self.from_grpc = from_grpc
        self.use_binary_outputs = use_binary_outputs
        self.requested_outputs = requested_outputs
        for tensor, raw in zip(self.outputs, raw_outputs or []):
            tensor._set_raw(raw)

    @classmethod
    def from_bytes(cls, res_bytes, json_length):
        document, rest = _split(res_bytes, json_length)
        return cls._of(document, rest)

    @classmethod
    def from_rest(cls, *arguments):
        """From a dict; earlier versions named the model before it."""
        return cls._of(arguments[-1], b"")

    @classmethod
    def _of(cls, document, rest):
        return cls(
            document.get("id"),
            document.get("model_name"),
            _tensors(InferOutput, document["outputs"], rest),
            model_version=document.get("model_version"),
            parameters=document.get("parameters"),
        )

    def to_rest(self):
        return _join(self._document(True), self.outputs)

    def to_dict(self):
        return self._document(False)

    def _document(self, with_raw):
        document = {"model_name": self.model_name}
        if self.model_version:
            document["model_version"] = str(self.model_version)
        document["id"] = self.id or str(uuid.uuid4())
        document["outputs"] = [tensor._document(with_raw) for tensor in self.outputs]
        if self.parameters:
            document["parameters"] = self.parameters
        return document

    def get_output_by_name(self, name):
        return next((tensor for tensor in self.outputs if tensor.name == name), None)
