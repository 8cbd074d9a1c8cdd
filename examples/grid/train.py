#!/usr/bin/env python3
"""Trains the models of this example and records what TensorFlow's own interpreter answers with them.

    python3 -m venv venv && venv/bin/pip install 'tensorflow-cpu==2.20.*'     # needs Python 3.10 to 3.13
    venv/bin/python train.py

Writes beside itself: lstm.tflite and lstm-2.tflite (two versions of one model), ann.tflite, rows.csv
(requests), answers.csv (what each model answers to them) and MODEL.md. About a minute on two cores.

The data is made here: the load of a power grid with its days, weeks and noise. Models get the last
six readings, normalised, newest first, as float32 [n, 6, 1], and answer [n, 6, 1]. Element 0 is the
estimate of the reading that comes next; element k is the one that was made k readings ago.
"""

import csv
import hashlib
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read by TensorFlow when it is imported
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # on a GPU the same seed gives other weights

try:
    import keras
    import numpy as np
    import tensorflow as tf
except ImportError as error:
    sys.exit(f"train.py needs TensorFlow ({error}): pip install 'tensorflow-cpu==2.20.*'")

HERE = Path(__file__).resolve().parent
MEAN = 12.040303738317757
DIVISOR = 12.959696261682243  # 25 - MEAN: a load of 25 becomes 1
STEPS = 6
A_DAY = 96  # a reading every quarter of an hour
DAYS = 120
ROWS = 64


def main() -> None:
    norm = (load() - MEAN) / DIVISOR
    inputs, targets = windows(norm)
    begin_of_test = len(inputs) * 4 // 5
    train = inputs[:begin_of_test], targets[:begin_of_test]
    test = inputs[begin_of_test:], targets[begin_of_test:]

    models = {
        "lstm": converted(trained(lstm(units=16), train, epochs=4, seed=1), is_small=True),
        "lstm-2": converted(trained(lstm(units=20), train, epochs=12, seed=2), is_small=False),
        "ann": converted(trained(ann(), train, epochs=8, seed=3), is_small=False),
    }
    for name, model in models.items():
        (HERE / f"{name}.tflite").write_bytes(model)
    write_rows(*(np.concatenate([documented, part[: ROWS - 1]]) for documented, part in zip(rising(), test, strict=True)))
    requests = read_rows()
    write_answers({name: answers(model, requests) for name, model in models.items()})
    describe(models, test)


def load() -> np.ndarray:
    """A load between 1 and 25: two peaks a day, less at weekends, and noise that has a memory."""
    random = np.random.default_rng(20)
    time = np.arange(DAYS * A_DAY)
    day = 2 * np.pi * time / A_DAY
    weekend = np.where((time // A_DAY) % 7 >= 5, -2.0, 0.0)
    noise = np.zeros(len(time))
    for step in range(1, len(time)):
        noise[step] = 0.9 * noise[step - 1] + random.normal(0, 0.25)
    return np.clip(12 + 4.5 * np.sin(day - 2) + 2.5 * np.sin(2 * day) + weekend + noise, 1, 25)


def windows(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inputs [n, 6, 1], newest first, and for each element the reading that followed it."""
    newest_first = np.lib.stride_tricks.sliding_window_view(series, STEPS + 1)[:, ::-1, np.newaxis]
    return newest_first[:, 1:].copy(), newest_first[:, :-1].copy()


def rising() -> tuple[np.ndarray, np.ndarray]:
    """One window, of the loads 8 to 13; 14 follows."""
    return windows((np.arange(8.0, 15.0) - MEAN) / DIVISOR)


def lstm(units: int) -> keras.Model:
    """Reads the oldest first, so that the newest element is answered with all six in mind.

    Unrolled: then the number of rows stays open, and built-in operators are enough.
    """
    readings = keras.Input((STEPS, 1), name="readings")
    layer = keras.layers.LSTM(units, return_sequences=True, go_backwards=True, unroll=True)(readings)
    return keras.Model(readings, keras.ops.flip(keras.layers.Dense(1)(layer), axis=1))


def ann() -> keras.Model:
    """Fully connected, and each element only sees its own reading: small, and no better than its kind."""
    readings = keras.Input((STEPS, 1), name="readings")
    layer = keras.layers.Dense(32, activation="relu")(readings)
    layer = keras.layers.Dense(32, activation="relu")(layer)
    return keras.Model(readings, keras.layers.Dense(1)(layer))


def trained(model: keras.Model, data: tuple[np.ndarray, np.ndarray], epochs: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    fresh = keras.models.clone_model(model)  # its weights come from the seed
    fresh.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    fresh.fit(*data, batch_size=128, epochs=epochs, verbose=2)
    return fresh


def converted(model: keras.Model, is_small: bool) -> bytes:
    """As a TFLite file; a small one holds its larger weights in 8 bits ("dynamic range")."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]  # no Flex operators
    if is_small:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter.convert()


def write_rows(inputs: np.ndarray, targets: np.ndarray) -> None:
    with open(HERE / "rows.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["norm_value", *(f"norm_{k}" for k in range(1, STEPS + 1))])
        for row, target in zip(inputs[:, :, 0], targets[:, 0, 0], strict=True):
            writer.writerow([repr(float(number)) for number in (target, *row)])


def read_rows() -> np.ndarray:
    with open(HERE / "rows.csv", newline="", encoding="utf-8") as file:
        rows = [[float(row[f"norm_{k}"]) for k in range(1, STEPS + 1)] for row in csv.DictReader(file)]
    return np.array(rows)[:, :, np.newaxis]


def answers(model: bytes, rows: np.ndarray) -> list[float]:
    """Element 0 of each answer, one row a call."""
    interpreter = tf.lite.Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    (readings,) = interpreter.get_input_details()
    (estimate,) = interpreter.get_output_details()
    result = []
    for row in rows.astype(np.float32):
        interpreter.set_tensor(readings["index"], row[np.newaxis])
        interpreter.invoke()
        result.append(float(interpreter.get_tensor(estimate["index"])[0, 0, 0]))
    return result


def write_answers(columns: dict[str, list[float]]) -> None:
    with open(HERE / "answers.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([repr(number) for number in row] for row in zip(*columns.values(), strict=True))


def operators(model: bytes) -> list[str]:
    return sorted({detail["op_name"] for detail in tf.lite.Interpreter(model_content=model)._get_ops_details()})


def rmse(estimates: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((estimates - truth) ** 2)) * DIVISOR)


def describe(models: dict[str, bytes], test: tuple[np.ndarray, np.ndarray]) -> None:
    inputs, truth = test[0], test[1][:, 0, 0]
    lines = [
        f"| `{name}.tflite` | {rmse(np.array(answers(model, inputs)), truth):.3f} | {len(model):,} "
        f"| `{hashlib.sha256(model).hexdigest()[:16]}` | {', '.join(operators(model))} |"
        for name, model in models.items()
    ]
    (HERE / "MODEL.md").write_text(
        f"""# The models of this example

Written by `train.py` with TensorFlow {tf.__version__} and Keras {keras.__version__}; do not edit by hand.

Input and output: float32, declared `[-1, 6, 1]`; element 0 is the newest reading, and the estimate of the next.
The error is the RMSE of element 0 in units of load, on {len(truth):,} made readings that were not trained on. To guess "the last
value again" has an error of {rmse(inputs[:, 0, 0], truth):.3f}: what does not beat that is of no use.

| file | RMSE | bytes | SHA-256 begins | operators |
|---|---|---|---|---|
{chr(10).join(lines)}

`lstm.tflite` holds its larger weights as int8; `lstm-2.tflite` is larger, and trained for longer.
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
