#!/usr/bin/env python3
"""Trains the small Fashion-MNIST classifier of the demo and packs it as fashion_classifier.zip.

    python3 -m venv venv && venv/bin/pip install 'tensorflow-cpu==2.18.*'
    apt-get install dataset-fashion-mnist
    venv/bin/python train.py

Writes the zipped SavedModel and, next to it, MODEL.md: what it is and how well it does.
The model takes float32 pictures of shape [n, 28, 28, 1] with values from 0 to 1 and answers with
ten probabilities for each.
"""

import argparse
import datetime
import hashlib
import os
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by TensorFlow when it is imported
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # on a GPU the same seed gives other weights

try:
    import numpy as np
    import tensorflow as tf
except ImportError as error:
    sys.exit(
        f"train.py needs TensorFlow ({error}). Install it into an environment of its own:\n"
        "  python3 -m venv venv && venv/bin/pip install 'tensorflow-cpu==2.18.*'\n"
        "and then run venv/bin/python train.py"
    )

import idx

HERE = Path(__file__).resolve().parent
DEBIAN_DATA = Path("/usr/share/datasets/fashion-mnist")
CLASSES = 10

# Millrace loads models with TensorFlow 2.18. Older models load; newer ones may hold unknown operations.
NEWEST_RUNTIME = (2, 18)

# No loader needs it, and it holds a random id that would make two equal trainings differ.
NOT_PACKED = {"fingerprint.pb"}


def main() -> None:
    options = arguments()
    warn_if_newer_than_the_runtime()
    train_images, train_labels = data_set(options.data, "train")
    test_images, test_labels = data_set(options.data, "t10k")

    tf.keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    model = architecture()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train_images, train_labels, batch_size=128, epochs=options.epochs, verbose=2)

    with tempfile.TemporaryDirectory() as folder:
        export(model, folder)
        accuracy = measured_accuracy(folder, test_images, test_labels)
        signature = described_signature(folder)
        pack(Path(folder), options.out)
    print(f"Test accuracy {accuracy:.4f}, {options.out.stat().st_size} bytes in {options.out}")
    describe(model, options, len(train_images), len(test_images), accuracy, signature)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the Fashion-MNIST classifier of the demo.")
    parser.add_argument(
        "--data", type=Path, default=DEBIAN_DATA, help="folder of the four IDX files (default: %(default)s)"
    )
    parser.add_argument("--epochs", type=int, default=12, help="passes over the training set (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=42, help="of weights and shuffling (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=HERE / "fashion_classifier.zip", help="the zip to write (default: %(default)s)"
    )
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error("--epochs must be at least 1")
    if not options.out.resolve().parent.is_dir():
        parser.error(f"--out: there is no folder {options.out.resolve().parent}")
    return options


def warn_if_newer_than_the_runtime() -> None:
    version = tuple(int(part) for part in tf.__version__.split(".")[:2])
    if version > NEWEST_RUNTIME:
        print(
            f"Warning: TensorFlow {tf.__version__} is newer than the 2.18 that will load this model.",
            file=sys.stderr,
        )


def data_set(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures as float32 [n, 28, 28, 1] from 0 to 1, and their labels from 0 to 9."""
    for kind in ("images-idx3", "labels-idx1"):
        file = folder / f"{part}-{kind}-ubyte.gz"
        if not file.is_file():
            sys.exit(
                f"The data set is not there: {file} is missing.\n"
                "On Debian and Ubuntu: apt-get install dataset-fashion-mnist\n"
                "Elsewhere: get the four files from https://github.com/zalandoresearch/fashion-mnist "
                "and name their folder with --data"
            )
    try:
        pictures, labels = idx.read_pictures(folder, part)
    except idx.BadIdxFile as error:
        sys.exit(f"The data set is damaged: {error}")
    pixels = np.frombuffer(b"".join(pictures), dtype=np.uint8).reshape(-1, 28, 28, 1)
    return pixels.astype(np.float32) / np.float32(255), np.frombuffer(labels, dtype=np.uint8)


def architecture() -> tf.keras.Model:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input(shape=(28, 28, 1), dtype="float32", name="image"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(64, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="fashion_classifier",
    )


def export(model: tf.keras.Model, folder: str) -> None:
    """Saves the weights and one signature.

    Not `model.export`: that stores every weight twice and in an order that changes from run to run.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, 28, 28, 1], tf.float32, name="image")])
    def classify(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": model(image, training=False)}

    saved = tf.Module()
    saved.weights = [weight.value for weight in model.trainable_weights]
    tf.saved_model.save(saved, folder, signatures={"serving_default": classify})


def measured_accuracy(saved_model: str, images: np.ndarray, labels: np.ndarray) -> float:
    """Measured on the exported signature, which is what the server will call."""
    signature = tf.saved_model.load(saved_model).signatures["serving_default"]
    (input_name,) = signature.structured_input_signature[1]
    (output_name,) = signature.structured_outputs
    right = 0
    for start in range(0, len(images), 1000):
        batch = slice(start, start + 1000)
        answers = signature(**{input_name: tf.constant(images[batch])})[output_name]
        right += int(np.sum(np.argmax(answers, axis=1) == labels[batch]))
    return right / len(images)


def described_signature(saved_model: str) -> str:
    signature = tf.saved_model.load(saved_model).signatures["serving_default"]
    lines = [
        f"- {direction} `{name}`: {tensor.dtype.name}, shape {tensor.shape.as_list()}"
        for direction, tensors in (
            ("input", signature.structured_input_signature[1]),
            ("output", signature.structured_outputs),
        )
        for name, tensor in tensors.items()
    ]
    return "\n".join(lines).replace("None", "-1")


def pack(folder: Path, target: Path) -> None:
    """Zips the folder flat and reproducibly: sorted names, one fixed time, no owner."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_dir() or file.name in NOT_PACKED:
                continue
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, also when packed elsewhere
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), compresslevel=9)


def describe(
    model: tf.keras.Model, options: argparse.Namespace, trained_on: int, tested_on: int, accuracy: float, signature: str
) -> None:
    layers = "\n".join(
        f"| {type(layer).__name__} | {' x '.join(str(size) for size in layer.output.shape[1:])} "
        f"| {layer.count_params():,} |"
        for layer in model.layers
    )
    target = options.out.with_name("MODEL.md")
    target.write_text(
        f"""# {options.out.name}

Written by `train.py`; do not edit by hand.

| | |
|---|---|
| trained on | {datetime.date.today().isoformat()} |
| data | Fashion-MNIST (MIT, Zalando SE): {trained_on:,} pictures to train, {tested_on:,} to test |
| **test accuracy** | **{accuracy:.2%}**, measured on the exported signature |
| TensorFlow, Keras | {tf.__version__}, {tf.keras.__version__} |
| seed, epochs | {options.seed}, {options.epochs} |
| size | {options.out.stat().st_size:,} bytes zipped |
| SHA-256 | `{hashlib.sha256(options.out.read_bytes()).hexdigest()}` |

Signature `serving_default`:

{signature}

Pixels are float32 from 0 (background) to 1; the output holds the probabilities of T-shirt/top,
Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot, in this order.

| layer | output | weights |
|---|---|---|
{layers}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
