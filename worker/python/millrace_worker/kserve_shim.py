"""``kserve`` and ``kfserving`` for transformers, where the environment has none: enough of them for
code that prepares requests and answers. Where it has them, their classes are used; their way to
the predictor leads through the connection to the server in both cases."""

import argparse
import contextvars
import importlib
import importlib.machinery
import importlib.util
import logging
import sys
import types

from . import tensors

current = contextvars.ContextVar("request", default=None)
_started = None
_bases = []
_request = tensors.InferRequest
_response = tensors.InferResponse


def infer_request(body, json_length, model_name):
    """A request as the class that the user's code knows."""
    if _request is tensors.InferRequest:
        return tensors.InferRequest.from_bytes(body, json_length, model_name)
    ours = tensors.InferRequest.from_bytes(body, json_length, model_name)
    if hasattr(_request, "from_bytes"):
        length = len(body) if json_length is None or json_length < 0 else json_length
        theirs = _request.from_bytes(body, length, model_name)
    else:
        theirs = _request(
            model_name=model_name,
            request_id=ours.id,
            infer_inputs=[_theirs("InferInput", tensor) for tensor in ours.inputs],
            parameters=ours.parameters,
        )
    return theirs


def infer_response(body, json_length):
    """An answer of the model as the class that the user's code knows."""
    ours = tensors.InferResponse.from_bytes(body, json_length)
    if _response is tensors.InferResponse:
        return ours
    return _response(
        response_id=ours.id,
        model_name=ours.model_name,
        infer_outputs=[_theirs("InferOutput", tensor) for tensor in ours.outputs],
        parameters=ours.parameters,
    )


def _theirs(name, tensor):
    kind = getattr(sys.modules["kserve"], name)
    return kind(
        name=tensor.name,
        shape=tensor.shape,
        datatype=tensor.datatype,
        data=tensor.data,
        parameters={k: v for k, v in tensor.parameters.items() if k != "binary_data_size"},
    )


def model_classes():
    """From which the user's class may be derived."""
    return tuple(_bases)


def is_inherited(kind, name):
    """Whether a class has a stage from kserve's class and not from itself."""
    for base in kind.__mro__:
        if name in vars(base):
            package = base.__module__.split(".")[0]
            return base.__module__ == __name__ or package in ("kserve", "kfserving")
    return False


def install(started, script):
    """Makes the modules importable, or turns those of the environment to our ways."""
    global _started
    _started = started
    with open(script, "rb") as file:
        source = file.read()
    for name, make in (("kserve", _make_kserve), ("kfserving", _make_kfserving)):
        if _is_installed(name):
            if name.encode() in source:
                _adapt(name)
        else:
            make()


def _is_installed(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _context():
    context = current.get()
    if context is None:
        raise RuntimeError("predict() was called outside of a request")
    return context


async def _predict(self, payload, headers=None, response_headers=None, *_, **__):
    """In place of the HTTP call."""
    return await _context().predict_async(payload)


def _hand_over(self, models=None, *_, **__):
    """In place of a server that runs: the models are ours from here."""
    if isinstance(models, dict):
        models = list(models.values())
    elif models is None:
        models = []
    elif not isinstance(models, (list, tuple)):
        models = [models]
    _started.extend(models)


def _adapt(name):
    """The real package: its transport and its server are replaced, all else is its own."""
    global _request, _response
    package = importlib.import_module(name)
    for model_name in ("Model", "KFModel"):
        kind = getattr(package, model_name, None)
        if kind is not None:
            _bases.append(kind)
            kind.predict = _predict
    for server_name in ("ModelServer", "KFServer"):
        kind = getattr(package, server_name, None)
        if kind is not None:
            kind.start = _hand_over
            _let_children_override(getattr(sys.modules[kind.__module__], "parser", None))
    if name == "kserve" and hasattr(package, "InferRequest"):
        _request = package.InferRequest
        _response = package.InferResponse


# ---- in place of kserve ----


class Model:
    """What users derive their transformers from."""

    def __init__(self, name, predictor_config=None, return_response_headers=False):
        self.name = name
        self.ready = False
        self.protocol = "v1"
        self.predictor_host = getattr(predictor_config, "predictor_host", None)
        self.predictor_config = predictor_config
        self.return_response_headers = return_response_headers
        self.timeout = 600
        self.use_ssl = False
        self.explainer_host = None

    def load(self):
        self.ready = True
        return self.ready

    def start(self):
        self.load()

    def stop(self):
        pass

    async def healthy(self):
        return self.ready

    async def preprocess(self, payload, headers=None):
        return payload

    predict = _predict

    async def postprocess(self, result, headers=None, response_headers=None):
        return result


class _AnswerOfOld(dict):
    """For code of all ages: ``super().predict(request)`` was a dict first and awaited later."""

    def __await__(self):
        return self
        yield  # a generator, which await needs


class KFModel(Model):
    """The same in 2019: synchronous, with the predictor's host as an attribute."""

    def __init__(self, name, *_, **__):
        super().__init__(name)

    def preprocess(self, inputs):
        return inputs

    def predict(self, request):
        return _AnswerOfOld(_context().predict(request))

    def postprocess(self, inputs):
        return inputs


class ModelServer:
    """Takes the models and serves nothing itself."""

    def __init__(self, *_, **__):
        self.registered_models = types.SimpleNamespace(update=self._register)

    def _register(self, model):
        _started.append(model)

    def register_model(self, model, name=None):
        _started.append(model)

    start = _hand_over


class PredictorConfig:
    """Where the predictor is; kept for code that makes one."""

    def __init__(self, predictor_host, predictor_protocol="v1", predictor_use_ssl=False, **others):
        self.predictor_host = predictor_host
        self.predictor_protocol = predictor_protocol
        self.predictor_use_ssl = predictor_use_ssl
        for name, value in others.items():
            setattr(self, name, value)


class PredictorProtocol:
    REST_V1 = "v1"
    REST_V2 = "v2"
    GRPC_V2 = "grpc-v2"


def _error(name, default):
    def __init__(self, reason=default):
        Exception.__init__(self, reason)
        self.reason = reason

    return type(name, (Exception,), {"__init__": __init__, "__module__": "kserve.errors"})


_ERRORS = {
    name: _error(name, default)
    for name, default in (
        ("InferenceError", "the inference failed"),
        ("InvalidInput", "the input is not valid"),
        ("ModelNotFound", "the model does not exist"),
        ("ModelNotReady", "the model is not ready"),
        ("ServerNotReady", "Server is not ready."),
        ("ServerNotLive", "Server is not live."),
        ("UnsupportedProtocol", "the protocol is not supported"),
    )
}


def _parser(full):
    """The options that users' parsers have as a parent."""
    parser = argparse.ArgumentParser(add_help=False, conflict_handler="resolve")
    options = [("--http_port", int, 8080), ("--grpc_port", int, 8081), ("--workers", int, 1)]
    options += [("--max_buffer_size", int, 104857600)]
    if full:
        options += [
            ("--model_name", str, "model"),
            ("--model_dir", str, "/mnt/models"),
            ("--predictor_host", str, None),
            ("--predictor_protocol", str, "v1"),
            ("--predictor_request_timeout_seconds", int, 600),
            ("--predictor_request_retries", int, 0),
            ("--max_threads", int, 4),
            ("--max_asyncio_workers", int, None),
        ]
        flag = {"type": _truth, "nargs": "?", "const": True}
        parser.add_argument("--predictor_use_ssl", default=False, **flag)
        parser.add_argument("--enable_grpc", default=True, **flag)
        parser.add_argument("--enable_docs_url", default=False, **flag)
        parser.add_argument("--enable_latency_logging", default=True, **flag)
        parser.add_argument("--configure_logging", default=True, **flag)
    for name, kind, default in options:
        parser.add_argument(name, type=kind, default=default)
    _let_children_override(parser)
    return parser


def _truth(text):
    return str(text).lower() in ("1", "true", "yes", "on")


_parents = []


def _let_children_override(parser):
    """Users' parsers name options again that kserve's parser had or had not, by its age."""
    if not _parents:
        original = argparse.ArgumentParser.__init__

        def __init__(self, *arguments, **named):
            if any(parent in _parents for parent in named.get("parents", ())):
                named.setdefault("conflict_handler", "resolve")
            original(self, *arguments, **named)

        argparse.ArgumentParser.__init__ = __init__
    _parents.append(parser)


def _module(name, **content):
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    module.__path__ = []
    vars(module).update(content)
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    return module


def _tensor_classes():
    return {
        "InferRequest": tensors.InferRequest,
        "InferResponse": tensors.InferResponse,
        "InferInput": tensors.InferInput,
        "InferOutput": tensors.InferOutput,
        "RequestedOutput": tensors.RequestedOutput,
    }


def _make_kserve():
    _bases.append(Model)
    parser = _parser(full=True)
    types_ = _tensor_classes()
    model = {"Model": Model, "PredictorConfig": PredictorConfig, "BaseKServeModel": Model}
    model["PredictorProtocol"] = PredictorProtocol
    _module("kserve", ModelServer=ModelServer, __version__="0.0.0+millrace", **model, **types_)
    _module("kserve.model", InferRequest=types_["InferRequest"], **model)
    _module("kserve.model_server", ModelServer=ModelServer, parser=parser)
    sys.modules["kserve"].parser = parser
    _module("kserve.errors", **_ERRORS)
    _module("kserve.constants")
    _module("kserve.constants.constants", PredictorProtocol=PredictorProtocol)
    logger = logging.getLogger("kserve")
    _module("kserve.logging", logger=logger, trace_logger=logging.getLogger("kserve.trace"))
    sys.modules["kserve"].logger = logger
    _module("kserve.protocol")
    _module("kserve.protocol.infer_type", **types_)
    _module("kserve.utils")
    _module(
        "kserve.utils.utils",
        generate_uuid=_uuid,
        get_predict_input=_predict_input,
        get_predict_response=_predict_response,
        to_headers=dict,
        strtobool=_truth,
    )


def _make_kfserving():
    _bases.append(KFModel)
    parser = _parser(full=False)
    _module("kfserving", KFModel=KFModel, KFServer=ModelServer, Model=KFModel)
    _module("kfserving.kfmodel", KFModel=KFModel)
    _module("kfserving.kfserver", KFServer=ModelServer, parser=parser)


def _uuid():
    import uuid

    return str(uuid.uuid4())


def _predict_input(payload):
    """The rows of a request, as an array."""
    import numpy

    if isinstance(payload, dict):
        return numpy.array(payload["instances"] if "instances" in payload else payload["inputs"])
    if len(payload.inputs) == 1:
        return payload.inputs[0].as_numpy()
    return payload.as_dataframe()


def _predict_response(payload, result, model_name):
    """The answer in the form of the request."""
    import numpy

    if isinstance(payload, dict):
        return {"predictions": result.tolist() if hasattr(result, "tolist") else result}
    array = numpy.asarray(result)
    output = tensors.InferOutput("output-0", array.shape, tensors.datatype_of(array.dtype))
    output.set_data_from_numpy(array, binary_data=False)
    return tensors.InferResponse(payload.id or _uuid(), model_name, [output])
