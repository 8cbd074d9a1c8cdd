"""Tells how a fit goes on, and keeps what a next process needs."""

import math
import time

import keras

SECONDS_BETWEEN_BATCHES = 0.5


class Progress(keras.callbacks.Callback):
    """Events of batches and epochs, checkpoints, and the way to stop.

    It looks before batches, not after them: Keras then hands over no metrics, for which it would
    wait for each step and take its numbers over one by one.
    """

    def __init__(self, channel, batches, first_epoch, keep):
        super().__init__()
        self._channel = channel
        self._batches = batches
        self._first = first_epoch
        self._keep = keep
        self._said = 0.0
        self._epoch = 0
        self._began = 0.0
        self._was_sane = True

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = self._first + epoch + 1
        self._began = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        now = time.perf_counter()
        if self._channel.stopped.is_set():
            self.model.stop_training = True  # after this one
        if batch > 0 and now - self._said >= SECONDS_BETWEEN_BATCHES:
            self._said = now
            self._channel.emit(
                "batch",
                epoch=self._epoch,
                batch=batch,
                batches=self._batches,
                metrics=self.model.get_metrics_result(),
            )

    def on_epoch_end(self, epoch, logs=None):
        millis = (time.perf_counter() - self._began) * 1000
        logs = logs or {}
        if self._was_sane and not math.isfinite(float(logs.get("loss", 0.0))):
            self._was_sane = False
            self._channel.notice(
                "the loss is not a number since epoch %d: a smaller learning rate or scaled inputs"
                " may help" % self._epoch
            )
        # First said, then kept: a next process goes on behind what is kept.
        self._channel.emit("epoch", epoch=self._epoch, metrics=logs, millis=round(millis))
        self._keep(epoch + 1)


def state_of(model):
    """Every array that training changes, in a fixed order."""
    return [v.numpy() for v in model.variables] + [v.numpy() for v in model.optimizer.variables]


def restore(model, arrays):
    """Puts them back; false when they belong to another model."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    variables = list(model.variables) + list(model.optimizer.variables)
    shapes = [tuple(v.shape) for v in variables]
    if shapes != [tuple(a.shape) for a in arrays]:
        return False
    for variable, array in zip(variables, arrays):
        variable.assign(array)
    return True
