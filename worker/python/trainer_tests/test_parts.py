"""The parts that need NumPy only."""

import json
import os
import tempfile
import unittest

import numpy as np

from millrace_trainer import arguments, checkpoint, confusion, rounds, samples, usercode
from millrace_trainer.channel import Channel, plain
from millrace_trainer.usercode import UserError


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name


class ArgumentsTest(unittest.TestCase):
    def test_takes_literals_only(self):
        texts = {"epochs": "5", "class_weight": "{0: 1.5}", "verbose": "False"}
        self.assertEqual(
            {"epochs": 5, "class_weight": {0: 1.5}, "verbose": False},
            arguments.read(texts, "fit", tuple(texts), self.fail),
        )
        for bad in ("__import__('os')", "1+", "f(2)", "[x for x in y]", "(" * 10_000):
            with self.assertRaisesRegex(UserError, "expected a Python literal"):
                arguments.read({"epochs": bad}, "fit", ("epochs",), self.fail)

    def test_says_what_is_known_and_what_is_not_used(self):
        with self.assertRaisesRegex(UserError, "epoch is not known; known are epochs"):
            arguments.read({"epoch": "1"}, "fit", ("epochs",), self.fail)
        said = []
        self.assertEqual(
            {}, arguments.read({"workers": "4"}, "fit", ("epochs",), said.append)
        )
        self.assertIn("workers is not used", said[0])

    def test_epochs_are_positive_whole_numbers(self):
        self.assertEqual(3, arguments.positive({"epochs": 3}, "epochs", 1))
        self.assertEqual(1, arguments.positive({}, "epochs", 1))
        for bad in (0, -1, 2.0, True, "3"):
            with self.assertRaisesRegex(UserError, "whole number from 1"):
                arguments.positive({"epochs": bad}, "epochs", 1)


class ChannelTest(unittest.TestCase):
    def test_numbers_that_json_lacks_become_text(self):
        found = plain({"a": float("nan"), "b": [np.float32(0.5), float("-inf")], "c": True})
        self.assertEqual({"a": "NaN", "b": [0.5, "-Infinity"], "c": True}, found)

    def test_says_a_notice_once(self):
        out, end = os.pipe()
        channel = Channel(end, None)
        channel.notice("one")
        channel.notice("one")
        channel.emit("done")
        os.close(end)
        with os.fdopen(out) as lines:
            self.assertEqual(
                ["notice", "done"], [json.loads(line)["event"] for line in lines]
            )


class CheckpointTest(Folder):
    def test_gives_back_what_was_written(self):
        kept = checkpoint.Checkpoints(self.folder)
        self.assertIsNone(kept.read())
        arrays = [np.arange(6.0).reshape(2, 3), np.array(7), np.zeros(0, dtype=np.int64)]
        kept.write(arrays, {"epoch": 3})
        kept.write(arrays[::-1], {"epoch": 4})
        last = checkpoint.Checkpoints(self.folder).read()
        self.assertEqual({"epoch": 4}, last.words)
        for expected, found in zip(arrays[::-1], last.arrays):
            np.testing.assert_array_equal(expected, found)

    def test_a_damaged_one_is_none(self):
        kept = checkpoint.Checkpoints(self.folder)
        with open(os.path.join(self.folder, "checkpoints", "last.npz"), "wb") as file:
            file.write(b"PK\x03\x04 not a checkpoint")
        self.assertIsNone(kept.read())

    def test_costs_a_twentieth_of_the_time(self):
        now = [0.0]
        kept = checkpoint.Checkpoints(self.folder, clock=lambda: now[0])
        self.assertTrue(kept.is_due())
        original = os.replace

        def slow(*paths):
            now[0] += 1.0
            original(*paths)

        os.replace = slow
        try:
            kept.write([], {})
        finally:
            os.replace = original
        now[0] += 19.0
        self.assertFalse(kept.is_due())
        now[0] += 1.0
        self.assertTrue(kept.is_due())


class SamplesTest(Folder):
    def setUp(self):
        super().setUp()
        self.x = np.arange(40, dtype=np.uint8).reshape(10, 4)
        self.y = np.arange(10, dtype=np.int16)
        for name, array in (("x", self.x), ("y", self.y)):
            np.save(os.path.join(self.folder, name + ".npy"), array)
        np.save(os.path.join(self.folder, "train.npy"), np.array([9, 3, 5, 0]))
        np.save(os.path.join(self.folder, "test.npy"), np.array([1]))

    def test_takes_rows_in_the_order_that_is_asked_for(self):
        found = samples.Samples(self.folder)
        x, y = found.train.take(np.array([2, 0, 1]))
        np.testing.assert_array_equal(self.x[[5, 9, 3]], x)
        np.testing.assert_array_equal([5, 9, 3], y)
        self.assertEqual(np.uint8, x.dtype)
        self.assertIsInstance(found.x, np.memmap)
        self.assertEqual((4, 0, 1), tuple(map(len, (found.train, found.validation, found.test))))
        self.assertIsNone(found.unlabelled)
        self.assertEqual(4 * (4 + 2), found.train.bytes)

    def test_parts_of_several_arrays_are_one(self):
        found = samples.Samples(self.folder)
        more = np.full((3, 4), 200, dtype=np.uint8)
        part = found.train.with_segment(
            samples.Segment(more, np.array([2, 1]), np.array([70, 71], np.int16), np.arange(2))
        )
        self.assertEqual(6, len(part))
        x, y = part.take(np.array([5, 0, 4]))
        np.testing.assert_array_equal([71, 9, 70], y)
        np.testing.assert_array_equal([200, 36, 200], x[:, 0])
        np.testing.assert_array_equal([9, 3, 5, 0, 70, 71], part.labels())

    def test_the_order_of_a_pass_depends_on_seed_and_pass(self):
        one = samples.order_of(7, 0, 100, True)
        np.testing.assert_array_equal(one, samples.order_of(7, 0, 100, True))
        self.assertFalse(np.array_equal(one, samples.order_of(7, 1, 100, True)))
        self.assertFalse(np.array_equal(one, samples.order_of(8, 0, 100, True)))
        np.testing.assert_array_equal(np.arange(100), np.sort(one))
        np.testing.assert_array_equal(np.arange(5), samples.order_of(7, 3, 5, False))


class ConfusionTest(unittest.TestCase):
    def test_counts_by_label_and_answer(self):
        answers = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
        found = confusion.classes_of(answers)
        truth = confusion.labels_of(np.array([[1.0], [1.0], [0.0]]))
        self.assertEqual([[0, 1], [1, 1]], confusion.matrix(truth, found, 2))

    def test_knows_one_hot_labels_and_what_are_none(self):
        np.testing.assert_array_equal(
            [1, 0], confusion.labels_of(np.array([[0, 1], [1, 0]]))
        )
        for none in (np.array([0.5, 1.0]), np.array([-1, 0]), np.array([[1, 1], [0, 1]])):
            self.assertIsNone(confusion.labels_of(none))
        self.assertEqual(["a", "1", "2"], confusion.names(["a"], 3))


class RoundsTest(unittest.TestCase):
    def test_keeps_what_is_sure(self):
        rows, classes = rounds.certain(np.array([[0.95, 0.05], [0.6, 0.4]]), 0.9)
        self.assertEqual(([0], [0]), (rows.tolist(), classes.tolist()))
        rows, classes = rounds.certain(np.array([[9.0, -9.0], [0.1, 0.0]]), 0.9)
        self.assertEqual(([0], [0]), (rows.tolist(), classes.tolist()))
        rows, classes = rounds.certain(np.array([[0.02], [0.5], [0.97]]), 0.9)
        self.assertEqual(([0, 2], [0, 1]), (rows.tolist(), classes.tolist()))

    def test_labels_are_written_as_the_dataset_writes_them(self):
        classes = np.array([2, 0])
        self.assertEqual([2, 0], rounds.as_sent(classes, 3, np.uint8, ()).tolist())
        self.assertEqual([[2], [0]], rounds.as_sent(classes, 3, np.uint8, (1,)).tolist())
        self.assertEqual(
            [[0, 0, 1], [1, 0, 0]], rounds.as_sent(classes, 3, np.float32, (3,)).tolist()
        )


class UserCodeTest(unittest.TestCase):
    def load(self, source, imports=""):
        job = {"imports": imports, "file": "net.py", "source": source}
        return usercode.load(job, {"np": np})

    def explained(self, source, imports=""):
        try:
            self.load(source, imports)
        except Exception as error:
            return usercode.explain(error, ("imports", "net.py"))
        return self.fail("it did not fail")

    def test_runs_imports_first(self):
        self.assertEqual(3.0, self.load("x = math.sqrt(9)", "import math").x)

    def test_shows_the_users_lines_and_no_others(self):
        text = self.explained("def f(n):\n    return np.zeros(-n)\n\nf(2)\n")
        self.assertEqual(
            "net.py, line 4: f(2)\nnet.py, line 2: return np.zeros(-n)\n"
            "ValueError: negative dimensions are not allowed",
            text,
        )
        self.assertEqual(
            "imports, line 1: import no_such_thing\n"
            "ModuleNotFoundError: No module named 'no_such_thing'",
            self.explained("", "import no_such_thing"),
        )
        self.assertIn("net.py, line 2: if\nSyntaxError", self.explained("a = 1\nif\n"))
        self.assertIn("ends the program", self.explained("exit(0)"))
        deep = self.explained("def f():\n    f()\nf()")
        self.assertIn("…", deep)
        self.assertLess(len(deep), 1000)


if __name__ == "__main__":
    unittest.main()
