"""What an exception of a transformer is to the caller: a status and a text."""

import json

from .payloads import BadRequest

# By name, because kserve's own classes and those of the shim are both met.
_KSERVE = {
    "InvalidInput": 400,
    "InferenceError": 500,
    "ModelNotFound": 404,
    "ModelNotReady": 503,
    "ServerNotReady": 503,
    "ServerNotLive": 503,
    "UnsupportedProtocol": 501,
}

# Of requests, urllib3, httpx, aiohttp and botocore: something could not be reached, now.
_AWAY = (
    "ConnectTimeout",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectError",
    "ConnectionError",
    "EndpointConnectionError",
    "MaxRetryError",
    "ClientConnectionError",
    "ReadTimeout",
    "ReadTimeoutError",
)


class Failure(Exception):
    """An answer that is an error."""

    def __init__(self, status_code, detail):
        super().__init__(detail)
        self.status_code = status_code
        self.detail = detail
        self.reason = detail


def of_predictor(status, body):
    """What the model answered instead of a prediction."""
    try:
        text = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        text = bytes(body).decode("utf-8", "replace")
    return Failure(status, text)


def describe(error):
    """As in ``ValueError : bad shape``."""
    try:
        message = str(error)
    except Exception:  # a broken __str__ of the user's own class
        message = "(its message cannot be shown)"
    name = type(error).__name__
    return "%s : %s" % (name, message) if message else name


def verdict(error):
    """Status, text, and whether the user's code is to be told with a traceback."""
    if isinstance(error, BadRequest):
        return 400, str(error), False
    if isinstance(error, Failure):
        return error.status_code, error.detail, False
    for status in (
        getattr(error, "status_code", None),  # of Starlette, FastAPI, tornado
        getattr(getattr(error, "response", None), "status_code", None),  # of httpx, requests
    ):
        if isinstance(status, int) and 400 <= status < 600:
            detail = getattr(error, "detail", None) or getattr(error, "reason", None)
            return status, str(detail or describe(error)), False
    for kind in type(error).__mro__:
        if kind.__module__.split(".")[0] in ("kserve", "kfserving") and kind.__name__ in _KSERVE:
            return _KSERVE[kind.__name__], _text(error), kind.__name__ == "InferenceError"
        if kind.__name__ in _AWAY or kind in (ConnectionError, TimeoutError):
            return 503, describe(error), True
    return 500, describe(error), True


def _text(error):
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__
