"""Checks and trains Keras models."""

import os
import platform

import numpy as np

from millrace_trainer import arguments, checkpoint, confusion, job as surroundings
from millrace_trainer import keras_model, online, rounds, samples
from millrace_trainer.usercode import UserError

FIT = (
    "epochs",
    "shuffle",
    "steps_per_epoch",
    "validation_steps",
    "validation_freq",
    "initial_epoch",
    "class_weight",
    "verbose",
    "batch_size",
    "validation_batch_size",
)
EVALUATE = ("steps", "verbose", "batch_size")


def run(job, folder, channel, loaded):
    channel.emit("phase", phase="building")
    seed = job.get("settings", {}).get("seed", 0)
    libraries = keras_model.Libraries(seed, channel.notice)
    loaded()
    model = keras_model.build(job, libraries)
    if job["mode"] == "check":
        channel.emit("checked", summary=keras_model.describe(model))
        return
    channel.emit(
        "environment",
        packages={"python": platform.python_version(), **libraries.versions()},
        machine=surroundings.machine(),
    )
    trainer = Trainer(job, folder, channel, model)
    if job.get("online"):
        online.train(trainer)
    else:
        trainer.train()
    channel.emit("done", stopped=channel.stopped.is_set())


class Trainer:
    """One run of one model."""

    def __init__(self, job, folder, channel, model):
        from millrace_trainer import keras_data

        settings = job["settings"]
        self.job, self.folder, self.channel, self.model = job, folder, channel, model
        self.settings = settings
        self.fit_arguments = arguments.read(settings["fit"], "fit", FIT, channel.notice)
        self.evaluate_arguments = arguments.read(
            settings["evaluate"], "evaluate", EVALUATE, channel.notice
        )
        self.epochs = arguments.positive(self.fit_arguments, "epochs", 1)
        self.fit_arguments.pop("epochs", None)
        self.shuffle = bool(self.fit_arguments.pop("shuffle", True))
        self.batch = arguments.positive(self.fit_arguments, "batch_size", settings["batch"])
        self.fit_arguments.pop("batch_size", None)
        self.evaluate_arguments.pop("batch_size", None)
        if self.fit_arguments.pop("validation_batch_size", None) is not None:
            channel.notice("validation_batch_size is not used: batches have one size")
        for each in (self.fit_arguments, self.evaluate_arguments):
            each["verbose"] = 2 if each.get("verbose", 2) else 0
        # What is held in memory is there twice for a moment, and TensorFlow needs some itself.
        self.reader = keras_data.Reader(self.batch, job.get("memory", 1 << 30) // 8)
        self.checkpoints = checkpoint.Checkpoints(folder)
        self.samples = samples.Samples(job["samples"]) if job.get("samples") else None

    def train(self):
        part = self.samples.train
        if len(part) == 0:
            raise UserError("the dataset has no sample to train on")
        self.prepare(part)
        semi = self.job.get("semiSupervised")
        if semi and self.samples.unlabelled is None:
            self.channel.notice("the dataset has no samples without label: it is trained once")
            semi = None
        last = self.resumed()
        if semi:
            rounds.train(self, part, semi, last)
        else:
            self.fit(part, 0, last.get("epoch", 0))
        self.finish()

    def prepare(self, part):
        """Builds what waits for its first samples, and says how long it will take."""
        if not self.model.built:
            x, _ = part.take(np.arange(1))
            self.model(x)
        if len(self.model.inputs or [0]) > 1:
            raise UserError(
                "the model has %d inputs: samples of a dataset have one" % len(self.model.inputs)
            )

    def resumed(self):
        """Goes on from the last checkpoint where there is one; answers what it says."""
        last = self.checkpoints.read() if self.job.get("resume") else None
        if last is None or not self.restore(last):
            return {}
        words = dict(last.words)
        words["rest"] = last.arrays[words["arrays"] :]
        self.channel.emit("resumed", epoch=words["total"])
        return words

    def fit(self, part, before, done, words=None, arrays=()):
        """Fits to one part.

        before: epochs of earlier fits; done: epochs of this one that a checkpoint has.
        """
        from millrace_trainer import keras_progress

        named = dict(self.fit_arguments)
        named["initial_epoch"] = max(done, named.get("initial_epoch", 0))
        steps = arguments.positive(named, "steps_per_epoch", self.reader.batches(part))
        named["steps_per_epoch"] = steps
        if done >= self.epochs:
            return
        self.channel.emit("phase", phase="training", epochs=self.epochs, before=before)
        validation = self.samples.validation
        if len(validation) > 0:
            data = self.reader.once(validation)
            named["validation_data"] = data.repeat() if "validation_steps" in named else data
        else:
            named.pop("validation_steps", None)
            named.pop("validation_freq", None)

        def keep(epoch):
            if epoch >= self.epochs or self.checkpoints.is_due():
                self.write(before, epoch, words or {}, arrays)

        self.model.fit(
            self.reader.training(part, self.shuffle, self.settings["seed"], done * steps),
            epochs=self.epochs,
            shuffle=False,  # the reader has done it
            callbacks=[keras_progress.Progress(self.channel, steps, before, keep)],
            **named,
        )

    def restore(self, last):
        """Puts back what a checkpoint has; false when it is of another model."""
        from millrace_trainer import keras_progress

        if keras_progress.restore(self.model, last.arrays[: last.words["arrays"]]):
            return True
        self.channel.notice("the last checkpoint is of another model; training begins anew")
        return False

    def is_built(self):
        return self.model.built

    def start(self, x, y):
        self.prepare(samples.of_arrays(x, y))

    def fit_piece(self, x, y, number):
        """One pass over a piece of a live stream; answers its metrics."""
        named = {
            name: value
            for name, value in self.fit_arguments.items()
            if name in ("class_weight", "verbose")
        }
        data = self.reader.once(samples.of_arrays(x, y))
        history = self.model.fit(data, epochs=1, shuffle=False, **named).history
        return {name: values[-1] for name, values in history.items()}

    def judge_piece(self, x, y):
        data = self.reader.once(samples.of_arrays(x, y))
        return self.model.evaluate(data, return_dict=True, verbose=0)

    def blocks(self, array):
        return self.reader.inputs(array)

    def predict(self, block):
        return self.model.predict(block, batch_size=self.batch, verbose=0)

    def export(self, folder, is_last):
        from millrace_trainer import keras_export

        formats = keras_export.ALL if is_last else keras_export.QUICK
        keras_export.export(self.model, folder, self.channel, formats)

    def write(self, before, epoch, words, arrays):
        from millrace_trainer import keras_progress

        state = keras_progress.state_of(self.model)
        self.checkpoints.write(
            state + list(arrays),
            {**words, "arrays": len(state), "epoch": epoch, "total": before + epoch},
        )
        self.channel.emit("checkpoint", epoch=before + epoch)

    def finish(self):
        """Judges the model and writes it."""
        self.channel.emit("phase", phase="finishing")
        test = self.samples.test
        if len(test) > 0:
            data = self.reader.once(test)
            named = dict(self.evaluate_arguments)
            if "steps" in named:
                data = data.repeat()
            result = self.model.evaluate(data, return_dict=True, **named)
            self.channel.emit("test", metrics=result)
            if self.settings.get("confusion"):
                self.confuse(test)
        elif self.settings.get("confusion"):
            self.channel.notice("there is no confusion matrix: the dataset has no test samples")
        self.export(os.path.join(self.folder, "model"), True)

    def confuse(self, test):
        truth = confusion.labels_of(test.labels())
        if truth is None:
            self.channel.notice("there is no confusion matrix: the labels are no classes")
            return
        inputs = self.reader.once(test).map(lambda x, y: x)
        answers = self.model.predict(inputs, verbose=0)
        if isinstance(answers, (list, tuple, dict)):
            self.channel.notice("there is no confusion matrix: the model has several outputs")
            return
        found = confusion.classes_of(answers)
        outputs = answers.reshape(len(answers), -1).shape[1]
        count = int(max(truth.max(), found.max(), outputs - 1, 1)) + 1
        names = confusion.names(self.job.get("classes", []), count)
        self.channel.emit("confusion", counts=confusion.matrix(truth, found, count), labels=names)
