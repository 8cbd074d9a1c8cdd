"""Training from a live stream: one pass for each piece, as they come.

Works for any trainer that can tell whether it is_built, start with the first samples, restore what a
checkpoint has, fit_piece, judge_piece, write a checkpoint and export the model.
"""

import os
import shutil
import time

import numpy as np

from millrace_trainer.usercode import UserError

# Of the samples held back, so many of the newest judge the model.
MOST_HELD_BACK = 10_000
SHARE_HELD_BACK = 0.1


def train(trainer):
    Online(trainer, trainer.job["online"]).run()


class Online:
    def __init__(self, trainer, settings):
        self._trainer = trainer
        self._channel = trainer.channel
        self._metric = settings.get("metric") or ""
        self._is_upward = settings.get("upward", False)
        self._improvement = settings.get("improvement", 0.0)
        self._share = settings.get("validation", 0.0)
        if self._metric.startswith("val_") and self._share <= 0:
            self._share = SHARE_HELD_BACK
            self._channel.notice(
                "%s needs samples that are held back: a tenth of each piece is" % self._metric
            )
        self._held = None
        self._best = None
        self._versions = 0
        self._pieces = 0
        self._is_ready = False

    def run(self):
        saved = self._resume()
        self._channel.emit("phase", phase="training", epochs=0, before=0)
        while True:
            command = self._channel.incoming.get()
            if command["command"] in ("stop", "end"):
                break
            if command["command"] != "chunk":
                continue
            x, y = _load(command["folder"])
            if not self._is_ready:
                self._start(x, y, saved)
            self._learn(x, y, command["position"])
        if not self._is_ready:
            raise UserError("no sample came: there is nothing to learn from")
        if self._versions == 0 or not self._metric:
            self._write("the last state", is_last=True)

    def _resume(self):
        """What is known goes on; the model too, unless it is built by its first samples."""
        saved = self._trainer.checkpoints.read() if self._trainer.job.get("resume") else None
        if saved is None:
            return None
        words = saved.words
        if self._trainer.is_built():
            if not self._trainer.restore(saved):
                return None
            self._is_ready = True
        self._pieces = words["epoch"]
        self._versions = words["versions"]
        self._best = words["best"]
        held = saved.arrays[words["arrays"] :]
        self._held = tuple(held) if len(held) == 2 else None
        self._channel.emit("resumed", epoch=self._pieces, position=words["position"])
        return saved

    def _start(self, x, y, saved):
        self._trainer.start(x, y)
        if saved is not None:
            self._trainer.restore(saved)
        self._is_ready = True

    def _learn(self, x, y, position):
        trainer = self._trainer
        began = time.perf_counter()
        order = np.random.default_rng([abs(trainer.settings["seed"]), self._pieces])
        rows = order.permutation(len(x))
        # Whoever asks for samples to be held back gets at least one of the first piece.
        kept = int(len(x) * self._share)
        if self._share > 0 and kept == 0 and self._held is None and len(x) > 1:
            kept = 1
        self._hold_back(x[rows[:kept]], y[rows[:kept]])
        rows = rows[kept:]
        self._pieces += 1
        metrics = {}
        if len(rows) > 0:
            metrics = trainer.fit_piece(x[rows], y[rows], self._pieces)
        if self._held is not None:
            found = trainer.judge_piece(*self._held)
            metrics.update({"val_" + name: value for name, value in found.items()})
        millis = round((time.perf_counter() - began) * 1000)
        self._channel.emit("epoch", epoch=self._pieces, metrics=metrics, millis=millis)
        self._judge(metrics)
        words = {"versions": self._versions, "best": self._best, "position": position}
        trainer.write(0, self._pieces, words, self._held or ())
        self._channel.emit("taken", position=position)

    def _hold_back(self, x, y):
        if len(x) == 0:
            return
        if self._held is not None:
            x = np.concatenate([self._held[0], x])
            y = np.concatenate([self._held[1], y])
        self._held = (x[-MOST_HELD_BACK:], y[-MOST_HELD_BACK:])

    def _judge(self, metrics):
        """Writes a new version when the metric is better by enough than at the last one."""
        if not self._metric:
            return
        value = metrics.get(self._metric)
        if value is None:
            raise UserError(
                "metric %s is not known; there are %s"
                % (self._metric, ", ".join(sorted(metrics)))
            )
        if self._best is not None:
            gain = value - self._best if self._is_upward else self._best - value
            if not gain >= self._improvement:
                return
        self._best = float(value)
        self._write("%s %g" % (self._metric, value))

    def _write(self, why, is_last=False):
        """While samples wait, in the formats that are written at once."""
        self._versions += 1
        folder = os.path.join(self._trainer.folder, "model-%d" % self._versions)
        shutil.rmtree(folder, ignore_errors=True)
        self._trainer.export(folder, is_last)
        self._channel.emit("improved", epoch=self._pieces, version=self._versions, text=why)


def _load(folder):
    return tuple(
        np.load(os.path.join(folder, name), allow_pickle=False) for name in ("x.npy", "y.npy")
    )
