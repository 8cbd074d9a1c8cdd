"""Spellings that tutorials use and today's Keras refuses; each use is said in a notice."""

import functools
import importlib
import importlib.util
import inspect
import sys
import types
import warnings

from millrace_trainer.usercode import UserError


def install(keras, tf, notice):
    """Makes the old spellings work, in this process only."""
    spellings = _Spellings(keras, notice)
    spellings.optimizers()
    spellings.metrics()
    spellings.modules(keras, ("keras",))
    spellings.modules(tf.keras, ("tensorflow.keras", "keras._tf_keras.keras"))
    _warnings_become_notices(notice)


class _Spellings:
    def __init__(self, keras, notice):
        self._keras = keras
        self._notice = notice

    def optimizers(self):
        for kind in self._optimizer_classes().values():
            if "learning_rate" in inspect.signature(kind.__init__).parameters:
                kind.__init__ = self._translating(kind.__init__, kind.__name__)

    def _optimizer_classes(self):
        keras = self._keras
        return {
            name: kind
            for name, kind in vars(keras.optimizers).items()
            if inspect.isclass(kind)
            and issubclass(kind, keras.optimizers.Optimizer)
            and kind is not keras.optimizers.Optimizer
        }

    def _translating(self, original, name):
        @functools.wraps(original)
        def initialise(optimizer, *arguments, **named):
            if "lr" in named:
                self._notice("%s(lr=…) is taken as learning_rate=…" % name)
                named["learning_rate"] = named.pop("lr")
            if "decay" in named:
                decay = named.pop("decay")
                if decay:
                    self._notice(
                        "%s(decay=…) is taken as an InverseTimeDecay of the learning rate" % name
                    )
                    rate = named.get("learning_rate", arguments[0] if arguments else 0.001)
                    arguments = arguments[1:]
                    named["learning_rate"] = self._keras.optimizers.schedules.InverseTimeDecay(
                        rate, 1, decay
                    )
            return original(optimizer, *arguments, **named)

        return initialise

    def metrics(self):
        model = self._keras.Model
        original = model.compile
        notice = self._notice

        @functools.wraps(original)
        def compile_model(this, *arguments, **named):
            for name in ("metrics", "weighted_metrics"):
                if isinstance(named.get(name), str):
                    notice("%s='%s' is taken as a list of one" % (name, named[name]))
                    named[name] = [named[name]]
            named.pop("experimental_run_tf_function", None)
            return original(this, *arguments, **named)

        model.compile = compile_model

    def modules(self, root, names):
        """Modules that are gone, with what they held and is still there elsewhere."""
        optimizers = self._optimizer_classes()
        layers = vars(root.layers)
        for name in ("legacy", "experimental"):
            self._module(root.optimizers, names, "optimizers." + name, optimizers)
        experimental = self._module(root.layers, names, "layers.experimental", {})
        self._module(experimental, names, "layers.experimental.preprocessing", layers)
        self._module(root.utils, names, "utils.np_utils", vars(root.utils))
        for old, new in (("CuDNNLSTM", "LSTM"), ("CuDNNGRU", "GRU")):
            if not hasattr(root.layers, old):
                setattr(root.layers, old, getattr(root.layers, new))

    def _module(self, parent, roots, path, members):
        """Reached as an attribute, and by an import under each of its names."""
        module = _Translated("keras." + path, dict(members), self._notice)
        setattr(parent, path.rpartition(".")[2], module)
        for root in roots:
            sys.modules[root + "." + path] = module
        return module


class _Translated(types.ModuleType):
    """A module that is gone; says so when it is used."""

    def __init__(self, name, members, notice):
        super().__init__(name)
        self.__path__ = []
        self._members = members
        self._notice = notice

    def __getattr__(self, name):
        members = self.__dict__.get("_members", {})
        if name.startswith("__") or name not in members:
            raise AttributeError("module '%s' has no attribute '%s'" % (self.__name__, name))
        self._notice("%s.%s is taken from where today's Keras has it" % (self.__name__, name))
        return members[name]


# What Keras warns of and a user of tutorials need not change.
GENTLER = (
    ("Do not pass an `input_shape`/`input_dim`", "input_shape in the first layer still works"),
    (
        "`from_logits=True`, but the `output` argument was produced by",
        "from_logits=True with a softmax at the end is taken as written: the loss is computed from"
        " the values before the softmax",
    ),
)


def _warnings_become_notices(notice):
    def show(message, category, filename, lineno, file=None, line=None):
        text = " ".join(str(message).split())
        print("%s:%d: %s: %s" % (filename, lineno, category.__name__, text), file=sys.stderr)
        if not issubclass(category, UserWarning):
            return
        for part, words in GENTLER:
            if part in text:
                notice(words)
                return
        notice(text[:300])

    warnings.showwarning = show


class _Missing(types.ModuleType):
    """TensorFlow Datasets where it is not installed: can be imported, not used."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise UserError(
            "tfds.%s: TensorFlow Datasets is not installed here; the samples of a run come from its"
            " dataset. Where a definition needs it, add tensorflow-datasets to its requirements"
            % name
        )


def datasets_module():
    """tfds: the real one on first use, or one that explains itself."""
    name = "tensorflow_datasets"
    if importlib.util.find_spec(name) is None:
        sys.modules[name] = _Missing(name)
        return sys.modules[name]
    return _Lazy(name)


class _Lazy(types.ModuleType):
    def __getattr__(self, name):
        return getattr(importlib.import_module(self.__name__), name)
