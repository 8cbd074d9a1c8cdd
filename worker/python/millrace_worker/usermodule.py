"""Finds a transformer in the user's file: functions, a class, or what its main part starts."""

import inspect
import os
import sys
import traceback
import types

from . import kserve_shim

LOG_FORMAT = "[%(asctime)s %(name)s %(levelname)s] %(message)s"
STAGES = (
    "preprocess",
    "predict",
    "postprocess",
    "explain",
    "preprocess_batch",
    "postprocess_batch",
)
_HERE = os.path.dirname(os.path.abspath(__file__))
_kept = []


class LoadError(Exception):
    """The file is there but holds no transformer."""


def user_traceback(error):
    """A traceback without the frames of this package and of the import machinery."""
    tb = error.__traceback__
    while tb is not None:
        file = tb.tb_frame.f_code.co_filename
        own = os.path.dirname(file) == _HERE
        if not own and not file.startswith("<frozen importlib") and "/asyncio/" not in file:
            break
        tb = tb.tb_next
    return "".join(traceback.format_exception(type(error), error, tb)).rstrip("\n")


async def load(config):
    """Runs the file as a program, as its container would, and says what has the stages."""
    started = []
    kserve_shim.install(started, config["script"])
    sys.argv = [config["script"]] + _words(config)
    module = _run(config["script"], started)
    if started:
        return await _ready(_chosen(started, config["model"]))
    functions = {name: vars(module)[name] for name in STAGES if name in vars(module)}
    for name, function in functions.items():
        if not callable(function):
            raise LoadError("'%s' in the function's file cannot be called" % name)
    if functions:
        return types.SimpleNamespace(**functions)
    return await _ready(_made(_class(module), config))


def _words(config):
    words = ["--model_name", config["model"], "--predictor_host", config["predictor_host"]]
    words += ["--http_port", "8080"]
    if config["protocol"] != "v1":
        words += ["--predictor_protocol", config["protocol"]]
    return words + config["arguments"]


def _run(path, started):
    module = types.ModuleType("__main__")
    module.__file__ = path
    _kept.append(sys.modules.get("__main__"))
    sys.modules["__main__"] = module
    sys.path.append(os.path.dirname(path))
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    try:
        exec(code, module.__dict__)
    except SystemExit as end:
        if not started:
            raise LoadError("the function's file ended the program: exit(%s)" % end.code) from end
    return module


def _chosen(started, name):
    if len(started) == 1:
        return started[0]
    for model in started:
        if getattr(model, "name", None) == name:
            return model
    names = ", ".join(str(getattr(model, "name", "?")) for model in started)
    raise LoadError("the models that were started are %s; none is named %s" % (names, name))


def _class(module):
    bases = kserve_shim.model_classes()
    found = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, bases) and kind.__module__ == "__main__"
    ]
    last = [kind for kind in found if not any(k is not kind and issubclass(k, kind) for k in found)]
    if len(last) == 1:
        return last[0]
    if last:
        raise LoadError(
            "the function's file has several classes (%s); start one with ModelServer().start([...])"
            % ", ".join(kind.__name__ for kind in last)
        )
    raise LoadError(
        "the function's file has no transformer: define preprocess(payload, headers) or"
        " postprocess(result, headers), or a class derived from kserve.Model"
    )


def _made(kind, config):
    known = {
        "name": config["model"],
        "model_name": config["model"],
        "predictor_host": config["predictor_host"],
        "protocol": config["protocol"],
        "predictor_protocol": config["protocol"],
        "predictor_use_ssl": False,
    }
    known.update((name, value) for name, value in config["args"].items() if name not in known)
    values = {}
    parameters = list(inspect.signature(kind).parameters.values())
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in known:
            values[parameter.name] = known[parameter.name]
        elif parameter.default is parameter.empty:
            raise LoadError(
                "%s cannot be made: nothing is known for its parameter '%s'; give it in 'args',"
                " or start an instance with ModelServer().start([...])"
                % (kind.__name__, parameter.name)
            )
    return kind(**values)


async def _ready(model):
    if getattr(model, "ready", True):
        return _without_transport(model)
    done = model.load() if hasattr(model, "load") else None
    if inspect.isawaitable(done):
        done = await done
    if not getattr(model, "ready", True) and done is not True:
        raise LoadError("load() of %s did not make it ready" % type(model).__name__)
    model.ready = True
    return _without_transport(model)


def _without_transport(model):
    """The stages that the class has itself: what it inherits is the way to the predictor."""
    stages = {}
    for name in STAGES:
        function = getattr(model, name, None)
        if function is not None and not kserve_shim.is_inherited(type(model), name):
            stages[name] = function
    return types.SimpleNamespace(**stages, model=model)
