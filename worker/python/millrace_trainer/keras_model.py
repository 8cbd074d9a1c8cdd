"""From the user's code to a compiled model, and what can be said of it."""

from millrace_trainer import keras_compat, usercode
from millrace_trainer.usercode import UserError


class Libraries:
    """Keras and TensorFlow, with old spellings at work."""

    def __init__(self, seed, notice):
        import keras
        import numpy
        import tensorflow

        self.keras, self.tf, self.np = keras, tensorflow, numpy
        keras_compat.install(keras, tensorflow, notice)
        # Costs nothing measurable on processors; the same seed gives the same model.
        keras.utils.set_random_seed(int(seed) % (1 << 32))
        tensorflow.config.experimental.enable_op_determinism()

    def scope(self):
        return {
            "tf": self.tf,
            "keras": self.keras,
            "np": self.np,
            "tfds": keras_compat.datasets_module(),
        }

    def versions(self):
        return {
            "tensorflow": self.tf.__version__,
            "keras": self.keras.__version__,
            "numpy": self.np.__version__,
        }


def build(job, libraries):
    """The user's model; raises UserError when there is none that can be trained."""
    module = usercode.load(job, libraries.scope())
    if not hasattr(module, "model"):
        raise UserError(
            "the code does not define 'model': its last lines should be"
            " model = keras.Sequential([…]) and model.compile(loss=…, optimizer=…)"
        )
    model = module.model
    if not isinstance(model, libraries.keras.Model):
        raise UserError(
            "'model' is of type %s: expected a keras.Model" % type(model).__name__
        )
    if not model.compiled:
        raise UserError(
            "'model' is not compiled: call model.compile(loss=…, optimizer=…, metrics=[…])"
        )
    if model.optimizer is None or getattr(model, "_compile_loss", None) is None:
        raise UserError("model.compile(…) needs a loss and an optimizer")
    return model


def describe(model):
    """Parameters, inputs and outputs, for people."""
    facts = ["%s '%s'" % (type(model).__name__, model.name)]
    if model.built:
        facts.append("{:,} parameters".format(model.count_params()))
        for what, tensors in (("input", model.inputs), ("output", model.outputs)):
            for tensor in tensors or ():
                facts.append("%s %s" % (what, _tensor(tensor)))
    else:
        facts.append("built when the first samples come")
    loss = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    facts.append("loss %s" % loss)
    facts.append("optimizer %s" % type(model.optimizer).__name__)
    return ", ".join(facts)


def _tensor(tensor):
    extents = ["?" if extent is None else str(extent) for extent in tensor.shape]
    return "%s (%s)" % (tensor.dtype, ", ".join(extents))
