"""What requests and answers look like to a transformer's code."""

import json

JSON_TYPES = ("application/json", "application/cloudevents+json")

# Two names of one thing: MinIO's events before 2020 and since.
_OTHER_NAME = {"EventType": "EventName", "EventName": "EventType"}


class BadRequest(Exception):
    """The caller sent something that cannot be read."""


class EventDict(dict):
    """The data of a CloudEvent. Code in the wild reads it as ``inputs[...]``, as
    ``inputs["data"][...]``, or wants the event's attributes: all of them are answered. What is
    printed, counted, iterated and sent on is the data alone."""

    def __init__(self, data, attributes):
        super().__init__(data)
        self.attributes = attributes

    def __missing__(self, key):
        if key == "data":
            return self
        other = _OTHER_NAME.get(key)
        if other is not None and dict.__contains__(self, other):
            return dict.__getitem__(self, other)
        if key in self.attributes:
            return self.attributes[key]
        raise KeyError(key)

    def __contains__(self, key):
        if dict.__contains__(self, key) or key == "data" or key in self.attributes:
            return True
        return key in _OTHER_NAME and dict.__contains__(self, _OTHER_NAME[key])

    def get(self, key, default=None):
        return self[key] if key in self else default

    def copy(self):
        return EventDict(self, self.attributes)


class OtherNamesDict(dict):
    """JSON that was no CloudEvent, with the same answers about ``EventName`` and ``EventType``."""

    def __missing__(self, key):
        other = _OTHER_NAME.get(key)
        if other is not None and dict.__contains__(self, other):
            return dict.__getitem__(self, other)
        raise KeyError(key)


def attributes_of(headers):
    """The attributes of a CloudEvent in binary mode, by their names without ``ce-``."""
    found = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}
    if found and "content-type" in headers:
        found["datacontenttype"] = headers["content-type"]
    return found


def decode(body, headers, is_event):
    """A V1 body: JSON when it is that or says that it is, else bytes."""
    content_type = headers.get("content-type", "").split(";")[0].strip().lower()
    says_json = content_type in JSON_TYPES or content_type.endswith("+json")
    try:
        value = json.loads(body)
    except (ValueError, UnicodeDecodeError) as error:
        if says_json or (not content_type and not is_event):
            raise BadRequest("the body is not JSON: %s" % error) from error
        value = body
    if is_event:
        attributes = attributes_of(headers)
        if isinstance(value, dict):
            return EventDict(value, attributes)
        return EventDict({"data": value}, attributes) if not isinstance(value, bytes) else value
    return OtherNamesDict(value) if type(value) is dict and "EventName" in value else value


def _plain(value):
    """For what the json module does not know: NumPy's arrays and numbers, bytes, mappings."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8")
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "model_dump"):
        return value.model_dump()
    raise TypeError("%s cannot be written as JSON" % type(value).__name__)


def to_json(value):
    return json.dumps(value, default=_plain, separators=(",", ":")).encode("utf-8")
