"""Makes the small models in src/test/resources/models and what TensorFlow says they answer.

Run by hand, with tensorflow 2.20, when a model changes; the build never runs it:

    python src/test/python/make_models.py src/test/resources/models
"""

import os
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

SEED = 7
LSTM_UNITS = 16


def convert(functions, trackable, change=lambda converter: None):
    converter = tf.lite.TFLiteConverter.from_concrete_functions(functions, trackable)
    change(converter)
    return converter.convert()


def convert_signatures(module, signatures, change=lambda converter: None):
    """The way through a SavedModel keeps the names of signatures."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=list(signatures)
        )
        change(converter)
        return converter.convert()


def changed(model, change):
    """The same file with something edited, through the schema's own classes."""
    objects = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    change(objects)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(objects))


def function(call, *specs):
    return tf.function(call, input_signature=list(specs)).get_concrete_function()


def spec(shape, name, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype, name=name)


def doubling():
    module = tf.Module()
    module.call = tf.function(
        lambda x: {"y": x * 2.0}, input_signature=[spec([None, 3], "x")]
    )
    return convert_signatures(module, {"serving_default": module.call})


def fixed():
    call = function(lambda x: tf.reduce_sum(x, axis=1), spec([1, 4], "x"))
    return convert([call], None)


def dense():
    rng = np.random.default_rng(SEED)
    module = tf.Module()
    module.w1 = tf.Variable(rng.normal(0, 0.3, (16, 24)).astype(np.float32))
    module.w2 = tf.Variable(rng.normal(0, 0.3, (24, 10)).astype(np.float32))
    module.call = tf.function(
        lambda image: {
            "scores": tf.nn.softmax(tf.matmul(tf.nn.relu(tf.matmul(image, module.w1)), module.w2))
        },
        input_signature=[spec([None, 16], "image")],
    )
    return convert_signatures(module, {"serving_default": module.call})


def lstm():
    """The family of the tutorial: a loop, weights in 8 bits, made for one row although it says -1."""
    tf.keras.utils.set_random_seed(SEED)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.InputLayer(shape=(6, 1), batch_size=1, name="lstm_input"),
            tf.keras.layers.LSTM(LSTM_UNITS, return_sequences=True, name="lstm"),
            tf.keras.layers.Dense(1, name="dense"),
        ]
    )
    frozen = convert_variables_to_constants_v2(
        tf.function(model).get_concrete_function(spec([1, 6, 1], "x"))
    )
    module = tf.Module()
    module.call = tf.function(
        lambda lstm_input: {"dense": frozen(lstm_input)[0]},
        input_signature=[spec([1, 6, 1], "lstm_input")],
    )

    def change(converter):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]

    def open_batch(objects):
        main = objects.subgraphs[0]
        for index in list(main.inputs) + list(main.outputs):
            main.tensors[index].shapeSignature = [-1, 6, 1]

    model = convert_signatures(module, {"serving_default": module.call}, change)
    return changed(model, open_batch)


def recurrent():
    """One operator that keeps its state in a variable tensor; the converter makes such no more."""

    def tensor(name, shape, buffer, is_variable=False):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name, shape, buffer
        tensor.type, tensor.isVariable = schema.TensorType.FLOAT32, is_variable
        return tensor

    def buffer(values):
        buffer = schema.BufferT()
        if values is not None:
            buffer.data = list(np.asarray(values, np.float32).tobytes())
        return buffer

    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RNN
    code.version = 1
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, 2, 3, 4], [5]
    operator.builtinOptionsType = schema.BuiltinOptions.RNNOptions
    operator.builtinOptions = schema.RNNOptionsT()
    graph = schema.SubGraphT()
    graph.name, graph.inputs, graph.outputs, graph.operators = "main", [0], [5], [operator]
    graph.tensors = [
        tensor("x", [1, 2], 0),
        tensor("weights", [2, 2], 1),
        tensor("recurrent", [2, 2], 2),
        tensor("bias", [2], 3),
        tensor("state", [1, 2], 0, True),
        tensor("y", [1, 2], 0),
    ]
    model = schema.ModelT()
    model.version, model.description = 3, "made by hand"
    model.operatorCodes, model.subgraphs = [code], [graph]
    model.buffers = [buffer(None), buffer([1, 0, 0, 1]), buffer([2, 0, 0, 2]), buffer([0.5, 0.5])]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def without_signatures(model):
    def change(objects):
        objects.signatureDefs = None

    return changed(model, change)


def batch_one_only():
    """Says -1 and fails at 2 when it runs: the shape is only known then."""

    def call(x):
        rows = tf.cast(tf.reduce_sum(x) * 0.0, tf.int32) + 1
        return tf.reshape(x * 3.0, tf.stack([rows, 4]))

    return convert([function(call, spec([None, 4], "x"))], None)


def two_signatures():
    module = tf.Module()
    x = spec([None, 2], "x")
    module.add = tf.function(lambda x: {"sum": x + 10.0}, input_signature=[x])
    module.scale = tf.function(
        lambda x, by: {"scaled": x * by, "by": by + 0.0},
        input_signature=[x, spec([], "by")],
    )
    return convert_signatures(module, {"add": module.add, "scale": module.scale})


def types():
    def call(flags, bytes_, shorts, numbers, doubles):
        return {
            "not": tf.logical_not(flags),
            "bytes": tf.reshape(bytes_, [-1, 1]),
            "shorts": tf.reshape(shorts, [-1, 2]),
            "square": numbers * numbers,
            "doubles": tf.cast(tf.cast(doubles, tf.int32) * 2, tf.float64),
            "half": tf.cast(numbers, tf.float16),
        }

    module = tf.Module()
    module.call = tf.function(
        call,
        input_signature=[
            spec([None], "flags", tf.bool),
            spec([None], "bytes", tf.uint8),
            spec([2, None], "shorts", tf.int16),
            spec([None], "numbers", tf.int64),
            spec([None], "doubles", tf.float64),
        ],
    )
    return convert_signatures(module, {"serving_default": module.call})


def strings():
    """A vocabulary in the model: words to numbers and numbers to words."""
    words = ["eins", "zwei", "drei", "ä"]
    module = tf.Module()
    module.numbers = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(words, tf.constant([1, 2, 3, 4], tf.int64)), -1
    )
    call = tf.function(
        lambda words: {"number": module.numbers.lookup(words), "first": tf.reshape(words, [-1, 1])},
        input_signature=[spec([None], "words", tf.string)],
    )
    module.call = call
    return convert_signatures(module, {"serving_default": call})


def quantised():
    """8 bits from end to end."""
    rng = np.random.default_rng(SEED)
    module = tf.Module()
    module.w = tf.Variable(rng.normal(0, 0.5, (8, 4)).astype(np.float32))
    module.call = tf.function(
        lambda x: {"y": tf.matmul(x, module.w)}, input_signature=[spec([None, 8], "x")]
    )

    def change(converter):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [rng.uniform(-1, 1, (1, 8)).astype(np.float32)] for _ in range(32)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8

    return convert_signatures(module, {"serving_default": module.call}, change)


def flex():
    """Needs TensorFlow's own operators."""

    def change(converter):
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS,
            tf.lite.OpsSet.SELECT_TF_OPS,
        ]

    call = function(lambda x: tf.linalg.inv(x), spec([2, 2], "x"))
    return convert([call], None, change)


def custom(model):
    """The doubling model with its operator renamed."""

    def change(objects):
        code = objects.operatorCodes[0]
        code.builtinCode = code.deprecatedBuiltinCode = 32
        code.customCode = b"AcmeDouble"

    return changed(model, change)


def stateful():
    """Counts its calls in a resource variable."""
    module = tf.Module()
    module.count = tf.Variable(0.0)
    module.call = tf.function(
        lambda x: {"y": x + module.count.assign_add(1.0)}, input_signature=[spec([None], "x")]
    )

    def change(converter):
        converter.experimental_enable_resource_variables = True

    return convert_signatures(module, {"serving_default": module.call}, change)


def answer(model, values):
    interpreter = tf.lite.Interpreter(model_content=model)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], values.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def numbers(array):
    return ",".join(repr(value) for value in np.asarray(array).ravel().tolist())


def main(folder):
    os.makedirs(folder, exist_ok=True)
    models = {
        "doubling": doubling(),
        "fixed": fixed(),
        "dense": dense(),
        "lstm": lstm(),
        "recurrent": recurrent(),
        "batch_one_only": batch_one_only(),
        "two_signatures": two_signatures(),
        "types": types(),
        "strings": strings(),
        "quantised": quantised(),
        "flex": flex(),
        "stateful": stateful(),
    }
    models["no_signatures"] = without_signatures(models["lstm"])
    models["custom"] = custom(models["doubling"])
    for name, model in models.items():
        with open(os.path.join(folder, name + ".tflite"), "wb") as file:
            file.write(model)
        print(name, len(model))
    rng = np.random.default_rng(SEED)
    with open(os.path.join(folder, "answers.properties"), "w") as file:
        file.write("# written by make_models.py with tensorflow " + tf.__version__ + "\n")
        for name, values in {
            "dense": rng.uniform(0, 1, (3, 16)).astype(np.float32),
            "lstm": rng.uniform(-1, 1, (1, 6, 1)).astype(np.float32),
            "quantised": rng.integers(-128, 127, (2, 8)).astype(np.int8),
        }.items():
            file.write(name + ".input=" + numbers(values) + "\n")
            file.write(name + ".output=" + numbers(answer(models[name], values)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
