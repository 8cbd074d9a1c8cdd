"""Checks and trains PyTorch models."""

import io
import os
import platform
import time

import numpy as np

from millrace_trainer import arguments, checkpoint, confusion, job as surroundings
from millrace_trainer import online, rounds, torch_export, torch_model
from millrace_trainer.samples import Samples, of_arrays, order_of
from millrace_trainer.usercode import UserError

# What Kafka-ML divided over loader, trainer and run; what only they know is answered here.
FIT = ("max_epochs", "epochs", "epoch_length", "shuffle", "batch_size")
EVALUATE = ("epoch_length", "batch_size")
SECONDS_BETWEEN_BATCHES = 0.5


def run(job, folder, channel, loaded):
    channel.emit("phase", phase="building")
    libraries = torch_model.Libraries(job.get("settings", {}).get("seed", 0))
    loaded()
    recipe = torch_model.build(job, libraries)
    if job["mode"] == "check":
        channel.emit("checked", summary=torch_model.describe(recipe))
        return
    channel.emit(
        "environment",
        packages={"python": platform.python_version(), **libraries.versions()},
        machine=surroundings.machine(),
    )
    trainer = Trainer(job, folder, channel, recipe, libraries.torch)
    if job.get("online"):
        online.train(trainer)
    else:
        trainer.train()
    channel.emit("done", stopped=channel.stopped.is_set())


class Trainer:
    """One run of one module."""

    def __init__(self, job, folder, channel, recipe, torch):
        self.job, self.folder, self.channel = job, folder, channel
        self.settings = job["settings"]
        self._recipe, self._torch = recipe, torch
        fit = arguments.read(self.settings["fit"], "fit", FIT, channel.notice)
        evaluate = arguments.read(
            self.settings["evaluate"], "evaluate", EVALUATE, channel.notice
        )
        self.epochs = arguments.positive(
            fit, "max_epochs", arguments.positive(fit, "epochs", 1)
        )
        self._steps = arguments.positive(fit, "epoch_length", None)
        self._test_steps = arguments.positive(evaluate, "epoch_length", None)
        self._shuffle = bool(fit.get("shuffle", True))
        self._batch = arguments.positive(fit, "batch_size", self.settings["batch"])
        self.checkpoints = checkpoint.Checkpoints(folder)
        self.samples = Samples(job["samples"]) if job.get("samples") else None
        self._example = None
        self._said = 0.0

    def train(self):
        part = self.samples.train
        if len(part) == 0:
            raise UserError("the dataset has no sample to train on")
        semi = self.job.get("semiSupervised")
        if semi and self.samples.unlabelled is None:
            self.channel.notice("the dataset has no samples without label: it is trained once")
            semi = None
        last = self._resumed()
        if semi:
            rounds.train(self, part, semi, last)
        else:
            self.fit(part, 0, last.get("epoch", 0))
        self._finish()

    def fit(self, part, before, done, words=None, arrays=()):
        """Fits to one part.

        before: epochs of earlier fits; done: epochs of this one that a checkpoint has.
        """
        if done >= self.epochs:
            return
        steps = self._steps or -(-len(part) // self._batch)
        self.channel.emit("phase", phase="training", epochs=self.epochs, before=before)
        batches = self._endless(part, done * steps)
        for epoch in range(done + 1, self.epochs + 1):
            began = time.perf_counter()
            metrics = self._epoch(before + epoch, batches, steps)
            if len(self.samples.validation) > 0:
                found = self._judge(self.samples.validation, None)
                metrics.update({"val_" + name: value for name, value in found.items()})
            millis = round((time.perf_counter() - began) * 1000)
            # First said, then kept: a next process goes on behind what is kept.
            self.channel.emit("epoch", epoch=before + epoch, metrics=metrics, millis=millis)
            if epoch == self.epochs or self.checkpoints.is_due():
                self.write(before, epoch, words or {}, arrays)
            if self.channel.stopped.is_set():
                break

    def is_built(self):
        return True  # lazy modules too: their state says how large they are

    def start(self, x, y):
        """All that it takes is there."""

    def fit_piece(self, x, y, number):
        """One pass over a piece of a live stream; answers its metrics."""
        part = of_arrays(x, y)
        self._example = x[:1]
        return self._epoch(number, self._once(part), -(-len(part) // self._batch))

    def judge_piece(self, x, y):
        return self._judge(of_arrays(x, y), None)

    def blocks(self, array):
        for begin in range(0, len(array), self._batch):
            yield np.asarray(array[begin : begin + self._batch])

    def predict(self, block):
        module = self._recipe.module
        module.eval()
        with self._torch.no_grad():
            answers = module(_as_input(self._torch.from_numpy(_plain(block)), module))
        if not isinstance(answers, self._torch.Tensor):
            raise UserError("rounds need a module with one output")
        return answers.numpy()

    def _endless(self, part, first):
        """Batches without end, from a step on as if all before had been made."""
        per_pass = -(-len(part) // self._batch)
        number, step = divmod(first, per_pass)
        while True:
            order = order_of(self.settings["seed"], number, len(part), self._shuffle)
            for at in range(step, per_pass):
                yield self._tensors(part, order[at * self._batch : (at + 1) * self._batch])
            number, step = number + 1, 0

    def _tensors(self, part, positions):
        x, y = part.take(positions)
        return self._torch.from_numpy(_plain(x)), self._torch.from_numpy(_labels(y))

    def _epoch(self, epoch, batches, steps):
        module, torch = self._recipe.module, self._torch
        module.train()
        # Whatever happens to others' random numbers, an epoch begins with its own.
        torch.manual_seed((int(self.settings["seed"]) * 1_000_003 + epoch) % (1 << 63))
        means = Means()
        for step in range(1, steps + 1):
            x, y = next(batches)
            self._recipe.optimizer.zero_grad()
            answers = module(_as_input(x, module))
            loss = self._recipe.loss(answers, y)
            loss.backward()
            self._recipe.optimizer.step()
            means.add(len(x), self._measure(loss, answers.detach(), y))
            self._progress(epoch, step, steps, means)
            if self.channel.stopped.is_set():
                break
        return means.values()

    def _progress(self, epoch, step, steps, means):
        now = time.perf_counter()
        if now - self._said >= SECONDS_BETWEEN_BATCHES:
            self._said = now
            self.channel.emit(
                "batch", epoch=epoch, batch=step, batches=steps, metrics=means.values()
            )

    def _measure(self, loss, answers, y):
        found = {"loss": float(loss.detach())}
        if answers.ndim == 2 and answers.shape[1] > 1 and y.ndim == 1:
            found["accuracy"] = float((answers.argmax(1) == y).float().mean())
        for name, metric in self._recipe.metrics.items():
            if name != "loss" and callable(metric) and not hasattr(metric, "attach"):
                found[name] = float(metric(answers, y))
        return found

    def _judge(self, part, steps):
        module = self._recipe.module
        module.eval()
        means = Means()
        with self._torch.no_grad():
            for x, y in self._once(part, steps):
                answers = module(_as_input(x, module))
                means.add(len(x), self._measure(self._recipe.loss(answers, y), answers, y))
        return means.values()

    def _once(self, part, steps=None):
        count = -(-len(part) // self._batch)
        for at in range(min(steps or count, count)):
            end = min(len(part), (at + 1) * self._batch)
            yield self._tensors(part, np.arange(at * self._batch, end))

    def write(self, before, epoch, words, arrays):
        buffer = io.BytesIO()
        state = {
            "module": self._recipe.module.state_dict(),
            "optimizer": self._recipe.optimizer.state_dict(),
        }
        self._torch.save(state, buffer)
        saved = np.frombuffer(buffer.getvalue(), dtype=np.uint8)
        self.checkpoints.write(
            [saved, self._an_input(), *arrays],
            {**words, "arrays": 2, "epoch": epoch, "total": before + epoch},
        )
        self.channel.emit("checkpoint", epoch=before + epoch)

    def restore(self, last):
        """Puts back what a checkpoint has; what does not fit is an error of its own."""
        state = self._torch.load(io.BytesIO(last.arrays[0].tobytes()), weights_only=True)
        self._recipe.module.load_state_dict(state["module"])
        self._recipe.optimizer.load_state_dict(state["optimizer"])
        self._example = last.arrays[1]
        return True

    def _resumed(self):
        """Goes on from the last checkpoint where there is one; answers what it says."""
        last = self.checkpoints.read() if self.job.get("resume") else None
        if last is None:
            return {}
        self.restore(last)
        words = dict(last.words)
        words["rest"] = last.arrays[words["arrays"] :]
        self.channel.emit("resumed", epoch=words["total"])
        return words

    def _finish(self):
        self.channel.emit("phase", phase="finishing")
        test = self.samples.test
        if len(test) > 0:
            self.channel.emit("test", metrics=self._judge(test, self._test_steps))
            if self.settings.get("confusion"):
                self._confuse(test)
        self.export(os.path.join(self.folder, "model"), True)

    def _confuse(self, test):
        truth = confusion.labels_of(test.labels())
        if truth is None:
            self.channel.notice("there is no confusion matrix: the labels are no classes")
            return
        blocks = self.blocks(np.arange(len(test)))
        answers = np.concatenate([self.predict(test.take(rows)[0]) for rows in blocks])
        found = confusion.classes_of(answers)
        outputs = answers.reshape(len(answers), -1).shape[1]
        count = int(max(truth.max(), found.max(), outputs - 1, 1)) + 1
        names = confusion.names(self.job.get("classes", []), count)
        self.channel.emit("confusion", counts=confusion.matrix(truth, found, count), labels=names)

    def _an_input(self):
        """What one looks like: ONNX is written by looking on while it is answered."""
        if self._example is None:
            self._example, _ = self.samples.train.take(np.arange(1))
        return self._example

    def export(self, folder, is_last):
        """All formats are written at once."""
        module = self._recipe.module
        example = _as_input(self._torch.from_numpy(_plain(self._an_input())), module)
        torch_export.export(self._torch, module, example, folder, self.channel)


class Means:
    """Means over samples of what batches say."""

    def __init__(self):
        self._count, self._sums = 0, {}

    def add(self, count, values):
        self._count += count
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * count

    def values(self):
        return {name: total / max(1, self._count) for name, total in self._sums.items()}


def _as_input(x, module):
    """Numbers as the module's own parameters have them."""
    parameter = next(module.parameters(), None)
    if parameter is not None and parameter.is_floating_point() and not x.is_floating_point():
        first = next(module.modules(), None)
        embeds = any(type(m).__name__.startswith("Embedding") for m in first.modules())
        return x.long() if embeds else x.to(parameter.dtype)
    if parameter is not None and x.is_floating_point():
        return x.to(parameter.dtype)
    return x


def _plain(array):
    """PyTorch lacks wide unsigned numbers."""
    wider = {"uint16": np.int32, "uint32": np.int64, "uint64": np.int64}
    return np.ascontiguousarray(array.astype(wider.get(array.dtype.name, array.dtype), copy=False))


def _labels(array):
    """Class numbers as losses want them: whole and flat."""
    if array.dtype.kind in "iub":
        flat = array.reshape(len(array)) if array.ndim == 2 and array.shape[1] == 1 else array
        return np.ascontiguousarray(flat.astype(np.int64))
    return np.ascontiguousarray(array.astype(np.float32))
