"""The parts that need TensorFlow."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

try:
    import keras
    import tensorflow as tf
except ImportError:  # without it the others are tested all the same
    tf = None


@unittest.skipIf(tf is None, "TensorFlow is not here")
class ReaderTest(unittest.TestCase):
    def setUp(self):
        from millrace_trainer import keras_data, samples

        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        np.save(os.path.join(folder.name, "x.npy"), np.arange(500, dtype=np.uint8).reshape(250, 2))
        np.save(os.path.join(folder.name, "y.npy"), np.arange(250, dtype=np.uint8))
        np.save(os.path.join(folder.name, "train.npy"), np.arange(249, -1, -1))
        self.part = samples.Samples(folder.name).train
        self.memory = keras_data.Reader(32, 1 << 20)
        keras_data.BLOCK_BYTES = 400  # four batches
        self.disk = keras_data.Reader(32, 0)

    def batches(self, data, count):
        return [(x.numpy().tolist(), y.numpy().tolist()) for x, y in data.take(count)]

    def test_from_memory_and_from_disk_are_the_same(self):
        for shuffle in (True, False):
            one = self.batches(self.memory.training(self.part, shuffle, 3, 0), 20)
            other = self.batches(self.disk.training(self.part, shuffle, 3, 0), 20)
            self.assertEqual(one, other)
        self.assertEqual(
            self.batches(self.memory.once(self.part), 99),
            self.batches(self.disk.once(self.part), 99),
        )

    def test_each_pass_has_every_sample_once(self):
        seen = self.batches(self.disk.training(self.part, True, 3, 0), 16)
        for number in (0, 1):
            labels = sum((y for _, y in seen[number * 8 : number * 8 + 8]), [])
            self.assertEqual(list(range(250)), sorted(labels))
        self.assertNotEqual(seen[:8], seen[8:])

    def test_a_later_start_is_the_rest_of_the_same_passes(self):
        for reader in (self.memory, self.disk):
            whole = self.batches(reader.training(self.part, True, 3, 0), 30)
            for first in (1, 7, 8, 13):
                rest = self.batches(reader.training(self.part, True, 3, first), 30 - first)
                self.assertEqual(whole[first:], rest)


@unittest.skipIf(tf is None, "TensorFlow is not here")
class SpellingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from millrace_trainer import keras_compat

        cls.said = []
        keras_compat.install(keras, tf, cls.said.append)

    def model(self):
        return keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])

    def test_old_arguments_of_optimizers(self):
        self.assertAlmostEqual(0.02, float(keras.optimizers.SGD(lr=0.02).learning_rate), 6)
        rate = keras.optimizers.Adam(lr=0.5, decay=1.0)._learning_rate
        self.assertAlmostEqual(0.25, float(rate(1)), 6)
        self.assertIn("SGD(lr=…) is taken as learning_rate=…", self.said)

    def test_old_modules(self):
        self.assertIs(keras.optimizers.Adam, keras.optimizers.legacy.Adam)
        self.assertIs(keras.optimizers.Adam, tf.keras.optimizers.legacy.Adam)
        from tensorflow.keras.optimizers.legacy import RMSprop
        from tensorflow.keras.utils.np_utils import to_categorical

        self.assertIs(keras.optimizers.RMSprop, RMSprop)
        self.assertEqual((2, 3), to_categorical([0, 2]).shape)
        preprocessing = keras.layers.experimental.preprocessing
        self.assertIs(keras.layers.Rescaling, preprocessing.Rescaling)
        self.assertIs(keras.layers.LSTM, keras.layers.CuDNNLSTM)
        with self.assertRaises(AttributeError):
            keras.optimizers.legacy.NoSuchThing

    def test_one_metric_need_not_be_a_list(self):
        model = self.model()
        model.compile(loss="mse", optimizer="adam", metrics="accuracy")
        model.fit(np.zeros((2, 3)), np.zeros((2, 2)), verbose=0)
        self.assertIn("metrics='accuracy' is taken as a list of one", self.said)

    def test_what_keras_warns_of_becomes_a_notice(self):
        self.model()
        self.assertIn("input_shape in the first layer still works", self.said)


@unittest.skipIf(tf is None, "TensorFlow is not here")
class ProgressTest(unittest.TestCase):
    def test_an_epoch_is_said_before_it_is_kept(self):
        from millrace_trainer import keras_progress

        done = []

        class Channel:
            def emit(self, event, **_):
                done.append(event)

        progress = keras_progress.Progress(Channel(), 1, 0, lambda epoch: done.append(epoch))
        progress.on_epoch_begin(0)
        progress.on_epoch_end(0, {"loss": 0.5})
        self.assertEqual(["epoch", 1], done)

    def test_says_how_batches_go_and_stops_between_them(self):
        from millrace_trainer import keras_progress

        said = []

        class Channel:
            stopped = threading.Event()

            def emit(self, event, **fields):
                said.append((event, fields))
                if len(said) == 3:
                    self.stopped.set()

        model = keras.Sequential([keras.layers.Dense(2)])
        model.compile(loss="mse", optimizer="sgd", metrics=["mae"])
        keras_progress.SECONDS_BETWEEN_BATCHES = 0
        progress = keras_progress.Progress(Channel(), 20, 4, lambda epoch: None)
        x, y = np.ones((40, 3)), np.ones((40, 2))
        model.fit(x, y, batch_size=2, epochs=9, verbose=0, callbacks=[progress])
        self.assertEqual(["batch"] * 4 + ["epoch"], [event for event, _ in said])
        first, last = said[0][1], said[4][1]
        self.assertEqual((5, 1, 20), (first["epoch"], first["batch"], first["batches"]))
        self.assertEqual({"loss", "mae"}, set(first["metrics"]))
        self.assertEqual({"loss", "mae"}, set(last["metrics"]))


@unittest.skipIf(tf is None, "TensorFlow is not here")
class OrphanTest(unittest.TestCase):
    def test_everything_ends_when_the_server_is_gone(self):
        source = """import os, subprocess
child = subprocess.Popen(['sleep', '87654'], preexec_fn=os.setpgrp)
open('ready', 'w').write('x')
while True:
    pass
"""
        with tempfile.TemporaryDirectory() as folder:
            job = {"mode": "check", "library": "keras", "file": "m.py", "source": source}
            job |= {"confinement": "required", "deadline": 300}
            with open(os.path.join(folder, "job.json"), "w") as file:
                json.dump(job, file)
            with subprocess.Popen(
                [sys.executable, "-I", os.path.join(ROOT, "millrace_trainer"), folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as process:
                self.until(lambda: os.path.exists(os.path.join(folder, "ready")))
                self.assertEqual(3, len(self.session(process.pid)))
                process.stdin.close()
                self.until(lambda: process.poll() is not None)
                self.until(lambda: not self.session(process.pid))

    def until(self, condition):
        end = time.monotonic() + 120
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    @staticmethod
    def session(leader):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % name) as stat:
                    state, _, _, session = stat.read().rpartition(")")[2].split()[:4]
                if int(session) == leader and state != "Z":
                    found.append(name)
            except OSError:
                continue
        return found


if __name__ == "__main__":
    unittest.main()
