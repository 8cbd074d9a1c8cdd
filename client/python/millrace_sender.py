"""Sends samples for training to Millrace, or to Kafka-ML, over Kafka.

    from millrace_sender import RawSender

    with RawSender("localhost:9092", topic="digits", experiment=1, validation=0.1) as sender:
        for image, label in zip(images, labels):
            sender.send(image, label)

Needs kafka-python (any version from 2.0.2 on) and NumPy. Leaving the block announces the samples; an error inside it, or a sample
that Kafka did not take, announces nothing.
"""

import json
import threading

import numpy
from kafka import KafkaProducer

__all__ = ["AvroSender", "OnlineRawSender", "RawSender"]

CONTROL_TOPIC = "KAFKA_ML_CONTROL_TOPIC"


def number_key(number):
    """The number of an experiment as the key of its announcement: big-endian, in as many bytes as it needs."""
    if number < 0:
        raise ValueError(f"experiments have numbers from 0, not {number}")
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


class Ranges:
    """Where records went, by what was acknowledged."""

    def __init__(self):
        self._lock = threading.Lock()
        self._by_partition = {}
        self.count = 0

    def acknowledged(self, metadata):
        with self._lock:
            first, end = self._by_partition.get(metadata.partition, (metadata.offset, metadata.offset + 1))
            self._by_partition[metadata.partition] = (min(first, metadata.offset), max(end, metadata.offset + 1))
            self.count += 1

    def text(self, topic):
        with self._lock:
            return ",".join(f"{topic}:{p}:{first}:{end}" for p, (first, end) in sorted(self._by_partition.items()))


class _Sender:
    """What senders have in common: `send` while samples come, `close` once."""

    format = ""

    def __init__(
        self,
        bootstrap_servers,
        topic,
        experiment,
        *,
        validation=0.0,
        test=0.0,
        description="",
        control_topic=CONTROL_TOPIC,
        unlabelled_topic=None,
        **kafka,
    ):
        if not (validation >= 0 and test >= 0 and validation + test < 1):
            raise ValueError(f"validation {validation} and test {test} leave nothing to train on")
        self._key = number_key(experiment)
        self._topic = topic
        self._unlabelled_topic = unlabelled_topic
        self._control_topic = control_topic
        self._message = {
            "topic": "",
            "unsupervised_topic": None,
            "input_format": self.format,
            "description": description,
            "dataset_restrictions": {},
            "input_config": {},
            "validation_rate": validation,
            "test_rate": test,
            "total_msg": 0,
            "incremental": False,
        }
        self._labelled, self._unlabelled = Ranges(), Ranges()
        self._failures = []
        self._closed = False
        settings = {"acks": "all", "retries": 10, "linger_ms": 10, "max_in_flight_requests_per_connection": 1}
        self._producer = KafkaProducer(bootstrap_servers=bootstrap_servers, **{**settings, **kafka})

    def _write(self, topic, key, value, ranges):
        self._require_no_failure()
        self._producer.send(topic, key=key, value=value).add_callback(ranges.acknowledged).add_errback(
            self._failures.append
        )

    def _require_no_failure(self):
        if self._failures:
            raise RuntimeError(f"Kafka did not take a sample; nothing is announced: {self._failures[0]}")

    def _input_config(self):
        raise NotImplementedError

    def _announce(self, changes):
        message = {**self._message, "input_config": self._input_config(), **changes}
        value = json.dumps(message).encode("utf-8")
        self._producer.send(self._control_topic, key=self._key, value=value).get(timeout=60)

    def close(self):
        """Waits for all samples and announces them."""
        if self._closed:
            return
        self._closed = True
        try:
            self._producer.flush()
            self._require_no_failure()
            if self._labelled.count == 0:
                raise RuntimeError("no sample was sent; nothing is announced")
            unlabelled = self._unlabelled.text(self._unlabelled_topic) if self._unlabelled.count else None
            self._announce(
                {
                    "topic": self._labelled.text(self._topic),
                    "unsupervised_topic": unlabelled,
                    "total_msg": self._labelled.count,
                }
            )
        finally:
            self._producer.close()

    def abandon(self):
        """Ends without announcing anything."""
        if not self._closed:
            self._closed = True
            self._producer.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, failure, trace):
        if kind is None:
            self.close()
        else:
            self.abandon()


class RawSender(_Sender):
    """Samples as the plain numbers of an array; the label, which may be an array as well, becomes the key.

    Type and shape are those of the first sample; later ones must be the same.
    """

    format = "RAW"

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self._data = self._label = None

    def send(self, data, label):
        """Sends a sample; returns before it is acknowledged."""
        data, label = _array(data), _array(label)
        self._data = _same("sample", self._data, data)
        self._label = _same("label", self._label, label)
        self._write(self._topic, label.tobytes(), data.tobytes(), self._labelled)

    def send_unlabelled(self, data):
        """Sends a sample that has no label, to the topic for those."""
        if self._unlabelled_topic is None:
            raise ValueError("say unlabelled_topic=… to send samples without labels")
        data = _array(data)
        self._data = _same("sample", self._data, data)
        self._write(self._unlabelled_topic, b"\x00", data.tobytes(), self._unlabelled)

    def _input_config(self):
        config = {"data_type": self._data[0], "data_reshape": self._data[1]}
        if self._label is not None:
            config.update(label_type=self._label[0], label_reshape=self._label[1])
        return config


class OnlineRawSender(RawSender):
    """A stream without end: announced with its first sample; training goes on as long as samples come."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self._announced = False

    def send(self, data, label):
        if not self._announced:
            self._data, self._label = _form(_array(data)), _form(_array(label))
            self._announce({"topic": self._topic, "total_msg": None, "test_rate": 0, "incremental": True})
            self._announced = True
        super().send(data, label)

    def close(self):
        if not self._closed:
            self._closed = True
            self._producer.flush()
            self._producer.close()
            self._require_no_failure()


class AvroSender(_Sender):
    """Samples as Avro records of numbers: dictionaries with the fields of two schemas.

    A schema is a record of primitives, as JSON text or as a dictionary.
    """

    format = "AVRO"

    def __init__(self, *arguments, data_schema, label_schema, **settings):
        super().__init__(*arguments, **settings)
        self._data_schema, self._label_schema = _Schema(data_schema), _Schema(label_schema)

    def send(self, data, label):
        """Sends a sample; returns before it is acknowledged."""
        self._write(self._topic, self._label_schema.encode(label), self._data_schema.encode(data), self._labelled)

    def _input_config(self):
        return {"data_scheme": self._data_schema.text, "label_scheme": self._label_schema.text}


class _Schema:
    """A record of primitive fields, or of unions of null and one primitive, and its binary form."""

    def __init__(self, schema):
        fields = json.loads(schema) if isinstance(schema, str) else schema
        self.text = json.dumps(fields)
        if fields.get("type") != "record":
            raise ValueError("expected the schema of a record")
        self._fields = [(field["name"], field["type"]) for field in fields["fields"]]

    def encode(self, record):
        return b"".join(_datum(kind, record.get(name), name) for name, kind in self._fields)


def _datum(kind, value, name):
    if isinstance(kind, list):
        index = next(i for i, each in enumerate(kind) if (each == "null") == (value is None))
        return _zigzag(index) + _datum(kind[index], value, name)
    if kind == "null":
        return b""
    if value is None:
        raise ValueError(f"the field {name} is missing")
    if kind == "boolean":
        return b"\x01" if value else b"\x00"
    if kind in ("int", "long"):
        return _zigzag(int(value))
    if kind == "float":
        return numpy.array(value, "<f4").tobytes()
    if kind == "double":
        return numpy.array(value, "<f8").tobytes()
    if kind in ("string", "bytes"):
        content = value.encode("utf-8") if isinstance(value, str) else bytes(value)
        return _zigzag(len(content)) + content
    raise ValueError(f"the field {name} is {kind}; expected a primitive type")


def _zigzag(number):
    rest = number * 2 if number >= 0 else -number * 2 - 1
    out = bytearray()
    while rest >= 0x80:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _array(value):
    array = numpy.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"numbers of type {array.dtype} cannot be sent")
    return numpy.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)


def _form(array):
    return array.dtype.name, " ".join(map(str, array.shape)) or "1"


def _same(what, before, array):
    form = _form(array)
    if before is not None and before != form:
        raise ValueError(f"a {what} is {form[0]} of shape {form[1]}; those before were {before[0]} of shape {before[1]}")
    return form
