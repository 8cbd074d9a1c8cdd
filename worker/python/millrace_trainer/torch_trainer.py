"""Checks and trains PyTorch models."""

import os
import platform
import time

import numpy as np

from millrace_trainer import arguments, checkpoint, confusion, job as surroundings
from millrace_trainer import torch_model
from millrace_trainer.samples import Samples, order_of
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
    for name in ("online", "semiSupervised"):
        if job.get(name):
            raise UserError(
                "PyTorch models are trained from datasets with an end and with labels only"
            )
    channel.emit(
        "environment",
        packages={"python": platform.python_version(), **libraries.versions()},
        machine=surroundings.machine(),
    )
    trainer = Trainer(job, folder, channel, recipe, libraries.torch)
    trainer.train()
    channel.emit("done", stopped=channel.stopped.is_set())


class Trainer:
    """One run of one module."""

    def __init__(self, job, folder, channel, recipe, torch):
        self._job, self._folder, self._channel = job, folder, channel
        self._recipe, self._torch = recipe, torch
        self._settings = job["settings"]
        fit = arguments.read(self._settings["fit"], "fit", FIT, channel.notice)
        evaluate = arguments.read(
            self._settings["evaluate"], "evaluate", EVALUATE, channel.notice
        )
        self._epochs = arguments.positive(
            fit, "max_epochs", arguments.positive(fit, "epochs", 1)
        )
        self._steps = arguments.positive(fit, "epoch_length", None)
        self._test_steps = arguments.positive(evaluate, "epoch_length", None)
        self._shuffle = bool(fit.get("shuffle", True))
        self._batch = arguments.positive(fit, "batch_size", self._settings["batch"])
        self._checkpoints = checkpoint.Checkpoints(folder)
        self._samples = Samples(job["samples"])
        self._said = 0.0

    def train(self):
        part = self._samples.train
        if len(part) == 0:
            raise UserError("the dataset has no sample to train on")
        steps = self._steps or -(-len(part) // self._batch)
        done = self._resume()
        self._channel.emit("phase", phase="training", epochs=self._epochs, before=0)
        batches = self._endless(part, done * steps)
        for epoch in range(done + 1, self._epochs + 1):
            began = time.perf_counter()
            metrics = self._epoch(epoch, batches, steps)
            if len(self._samples.validation) > 0:
                found = self._judge(self._samples.validation, None)
                metrics.update({"val_" + name: value for name, value in found.items()})
            millis = round((time.perf_counter() - began) * 1000)
            # First said, then kept: a next process goes on behind what is kept.
            self._channel.emit("epoch", epoch=epoch, metrics=metrics, millis=millis)
            if epoch == self._epochs or self._checkpoints.is_due():
                self._write(epoch)
            if self._channel.stopped.is_set():
                break
        self._finish()

    def _endless(self, part, first):
        """Batches without end, from a step on as if all before had been made."""
        per_pass = -(-len(part) // self._batch)
        number, step = divmod(first, per_pass)
        while True:
            order = order_of(self._settings["seed"], number, len(part), self._shuffle)
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
        torch.manual_seed((int(self._settings["seed"]) * 1_000_003 + epoch) % (1 << 63))
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
            if self._channel.stopped.is_set():
                break
        return means.values()

    def _progress(self, epoch, step, steps, means):
        now = time.perf_counter()
        if now - self._said >= SECONDS_BETWEEN_BATCHES:
            self._said = now
            self._channel.emit(
                "batch", epoch=epoch, batch=step, batches=steps, metrics=means.values()
            )

    def _measure(self, loss, answers, y):
        found = {"loss": float(loss)}
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

    def _write(self, epoch):
        import io

        buffer = io.BytesIO()
        state = {
            "module": self._recipe.module.state_dict(),
            "optimizer": self._recipe.optimizer.state_dict(),
        }
        self._torch.save(state, buffer)
        saved = np.frombuffer(buffer.getvalue(), dtype=np.uint8)
        self._checkpoints.write([saved], {"epoch": epoch})
        self._channel.emit("checkpoint", epoch=epoch)

    def _resume(self):
        import io

        last = self._checkpoints.read() if self._job.get("resume") else None
        if last is None:
            return 0
        state = self._torch.load(io.BytesIO(last.arrays[0].tobytes()), weights_only=True)
        self._recipe.module.load_state_dict(state["module"])
        self._recipe.optimizer.load_state_dict(state["optimizer"])
        self._channel.emit("resumed", epoch=last.words["epoch"])
        return last.words["epoch"]

    def _finish(self):
        self._channel.emit("phase", phase="finishing")
        test = self._samples.test
        if len(test) > 0:
            self._channel.emit("test", metrics=self._judge(test, self._test_steps))
            if self._settings.get("confusion"):
                self._confuse(test)
        self._export()

    def _confuse(self, test):
        truth = confusion.labels_of(test.labels())
        if truth is None:
            self._channel.notice("there is no confusion matrix: the labels are no classes")
            return
        module, answers = self._recipe.module, []
        with self._torch.no_grad():
            for x, _ in self._once(test):
                answers.append(module(_as_input(x, module)).numpy())
        answers = np.concatenate(answers)
        found = confusion.classes_of(answers)
        outputs = answers.reshape(len(answers), -1).shape[1]
        count = int(max(truth.max(), found.max(), outputs - 1, 1)) + 1
        names = confusion.names(self._job.get("classes", []), count)
        self._channel.emit("confusion", counts=confusion.matrix(truth, found, count), labels=names)

    def _export(self):
        """The state, and ONNX for serving; one that cannot be written is no reason to fail."""
        torch, module = self._torch, self._recipe.module
        folder = os.path.join(self._folder, "model")
        os.makedirs(folder, exist_ok=True)
        module.eval()
        x, _ = self._tensors(self._samples.train, np.arange(1))
        example = _as_input(x, module)

        def onnx(path):
            torch.onnx.export(
                module,
                (example,),
                path,
                input_names=["input"],
                output_names=["output"],
                dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}},
                dynamo=False,
            )

        for name, file, write in (
            ("pth", "model.pth", lambda path: torch.save(module.state_dict(), path)),
            ("onnx", "model.onnx", onnx),
        ):
            path = os.path.join(folder, file)
            try:
                write(path)
            except Exception as error:  # whatever it is, the other format is there
                if os.path.exists(path):
                    os.remove(path)
                text = " ".join(str(error).split())[:400]
                self._channel.notice("the model cannot be written as %s: %s" % (name, text))
            else:
                size = os.path.getsize(path)
                self._channel.emit("exported", format=name, file=path, bytes=size)


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
