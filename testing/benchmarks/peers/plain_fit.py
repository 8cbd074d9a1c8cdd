"""Trains the model of the training bench with plain Keras on arrays in memory, and prints what each epoch took.

Usage: plain_fit.py FOLDER_OF_SAMPLES EPOCHS BATCH
"""

import pathlib
import sys
import time

import keras
import numpy

folder, epochs, batch = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chosen = numpy.load(folder / "train.npy")
x, y = numpy.load(folder / "x.npy")[chosen], numpy.load(folder / "y.npy")[chosen]
keras.utils.set_random_seed(1)
model = keras.Sequential(
    [
        keras.layers.Input(x.shape[1:]),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])


class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        print(f"epoch {time.perf_counter() - self.began:.4f}", flush=True)


model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, callbacks=[Clock()])
