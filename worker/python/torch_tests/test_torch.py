"""The trainer of PyTorch models, as a process; needs the environment pytorch-python."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import torch

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAIN = os.path.join(ROOT, "millrace_trainer", "__main__.py")

NET = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 16)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(16, 3)
    def forward(self, x):
        return self.out(self.drop(F.relu(self.hidden(x))))
    def loss_fn(self):
        return nn.CrossEntropyLoss()
    def optimizer(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)
    def metrics(self):
        return {'worst': lambda answers, labels: answers.abs().max()}
model = Net()
"""


class TorchTrainerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.samples = os.path.join(self.folder, "samples")
        os.mkdir(self.samples)
        random = np.random.default_rng(0)
        y = random.integers(0, 3, 600).astype(np.uint8)
        x = random.random((600, 4)).astype(np.float32)
        x[np.arange(600), y] += 2
        parts = {"x": x, "y": y.reshape(-1, 1), "train": np.arange(400)}
        parts |= {"validation": np.arange(400, 500), "test": np.arange(500, 600)}
        for name, array in parts.items():
            np.save(os.path.join(self.samples, name + ".npy"), array)
        self.piece = os.path.join(self.folder, "piece")
        os.mkdir(self.piece)

    def run_job(self, name, stop_at=None, pieces=(), **fields):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        job = {
            "mode": "train",
            "library": "pytorch",
            "imports": "",
            "file": "net.py",
            "source": NET,
            "confinement": "required",
            "samples": self.samples,
            "read": [self.samples],
            "settings": {
                "batch": 32,
                "fit": {"max_epochs": "6"},
                "evaluate": {},
                "seed": 3,
                "confusion": True,
            },
            **fields,
        }
        with open(os.path.join(folder, "job.json"), "w") as file:
            json.dump(job, file)
        with open(os.path.join(folder, "output"), "w") as output, subprocess.Popen(
            [sys.executable, "-I", MAIN, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        ) as process:
            events, waiting = [], list(pieces)
            for line in process.stdout:
                events.append(json.loads(line))
                wants = events[-1].get("phase") == "training" or events[-1]["event"] == "taken"
                if stop_at and events[-1].get("epoch") == stop_at:
                    process.kill()
                elif wants and "online" in job:
                    self.feed(process, waiting)
        return events, folder

    def feed(self, process, pieces):
        """The next piece, as the server gives it, or word that there are no more."""
        command = {"command": "end"}
        if pieces:
            number = pieces.pop(0)
            rows = np.arange(number * 100, number * 100 + 100)
            for name in ("x", "y"):
                array = np.load(os.path.join(self.samples, name + ".npy"))[rows]
                np.save(os.path.join(self.piece, name + ".npy"), array)
            command = {"command": "chunk", "folder": self.piece, "position": str(number)}
        process.stdin.write(json.dumps(command).encode() + b"\n")
        process.stdin.flush()

    def only(self, events, name):
        found = [event for event in events if event["event"] == name]
        self.assertEqual(1, len(found), events)
        return found[0]

    def test_trains_judges_and_writes_a_model_that_serves(self):
        events, folder = self.run_job("whole")
        self.only(events, "done")
        epochs = [event for event in events if event["event"] == "epoch"]
        self.assertEqual(list(range(1, 7)), [event["epoch"] for event in epochs])
        order = [event["event"] for event in events if event.get("epoch") == 6]
        self.assertEqual(["epoch", "checkpoint"], [name for name in order if name != "batch"])
        names = {"loss", "accuracy", "worst"}
        self.assertEqual(names | {"val_" + name for name in names}, set(epochs[-1]["metrics"]))
        self.assertGreater(self.only(events, "test")["metrics"]["accuracy"], 0.9)
        counts = np.array(self.only(events, "confusion")["counts"])
        self.assertEqual((3, 3, 100), (*counts.shape, counts.sum()))
        formats = [event["format"] for event in events if event["event"] == "exported"]
        self.assertEqual(["pth", "onnx"], formats)
        state = torch.load(os.path.join(folder, "model", "model.pth"), weights_only=True)
        self.assertEqual((16, 4), tuple(state["hidden.weight"].shape))
        import onnx

        model = onnx.load(os.path.join(folder, "model", "model.onnx"))
        onnx.checker.check_model(model)
        extents = model.graph.input[0].type.tensor_type.shape.dim
        self.assertEqual(("batch", 4), (extents[0].dim_param, extents[1].dim_value))

    def test_goes_on_where_it_was_killed_as_if_nothing_had_happened(self):
        whole, _ = self.run_job("one")
        self.run_job("other", stop_at=3)
        rest, _ = self.run_job("other", resume=True)
        self.assertGreaterEqual(self.only(rest, "resumed")["epoch"], 1)
        self.assertEqual(self.only(whole, "test"), self.only(rest, "test"))

    def test_learns_from_a_stream_and_keeps_what_is_better(self):
        live = {"samples": None, "read": [self.piece]}
        live["online"] = {"metric": "val_accuracy", "upward": True, "improvement": 0.01}
        events, folder = self.run_job("live", pieces=range(6), **live)
        self.only(events, "done")
        epochs = [event for event in events if event["event"] == "epoch"]
        self.assertEqual(list(range(1, 7)), [event["epoch"] for event in epochs])
        self.assertIn("val_loss", epochs[-1]["metrics"])
        taken = [event["position"] for event in events if event["event"] == "taken"]
        self.assertEqual(list("012345"), taken)
        versions = [event["version"] for event in events if event["event"] == "improved"]
        self.assertEqual(list(range(1, len(versions) + 1)), versions)
        self.assertTrue(versions)
        formats = [event["format"] for event in events if event["event"] == "exported"]
        self.assertEqual(["pth", "onnx"] * len(versions), formats)

    def test_goes_on_with_a_stream_behind_what_it_has_learned(self):
        live = {"samples": None, "read": [self.piece], "resume": True}
        live["online"] = {"metric": ""}
        whole, _ = self.run_job("undisturbed", pieces=range(3), **live)
        self.run_job("disturbed", pieces=range(2), **live)
        rest, folder = self.run_job("disturbed", pieces=[2], **live)
        self.assertEqual("1", self.only(rest, "resumed")["position"])
        last = [event["metrics"] for event in whole if event["event"] == "epoch"][-1]
        self.assertEqual(last, self.only(rest, "epoch")["metrics"])
        # Nothing more came: what was learned is written all the same.
        again, _ = self.run_job("disturbed", pieces=[], **live)
        self.only(again, "done")
        formats = [event["format"] for event in again if event["event"] == "exported"]
        self.assertEqual(["pth", "onnx"], formats)

    def test_learns_from_samples_without_label(self):
        array = np.load(os.path.join(self.samples, "x.npy"))
        np.save(os.path.join(self.samples, "unlabelled_x.npy"), array)
        semi = {"semiSupervised": {"rounds": 2, "confidence": 0.6}}
        events, _ = self.run_job("semi", **semi)
        self.only(events, "done")
        epochs = [event for event in events if event["event"] == "epoch"]
        self.assertEqual(list(range(1, 19)), [event["epoch"] for event in epochs])
        said = [event["text"] for event in events if event["event"] == "notice"]
        self.assertTrue(any(text.startswith("round 1: ") for text in said), said)
        self.run_job("semi-hit", stop_at=9, **semi)
        rest, _ = self.run_job("semi-hit", resume=True, **semi)
        self.assertGreaterEqual(self.only(rest, "resumed")["epoch"], 6)
        self.assertEqual(self.only(events, "test"), self.only(rest, "test"))

    def test_says_what_is_wrong_with_a_definition(self):
        for source, said in (
            ("x = 1", "does not define 'model'"),
            ("model = 1", "expected a torch.nn.Module"),
            ("model = nn.Linear(2, 2)", "has no method loss_fn"),
            (NET.replace("optimizer(self)", "optimiser(self)"), "has no method optimizer"),
            (NET.replace("nn.Linear(4", "nn.Linaer(4"), "net.py, line 4: self.hidden"),
        ):
            events, _ = self.run_job("check", mode="check", source=source)
            self.assertIn(said, self.only(events, "failed")["text"])
        events, _ = self.run_job("check", mode="check")
        self.assertEqual(
            "Net, 131 parameters, loss CrossEntropyLoss, optimizer Adam",
            self.only(events, "checked")["summary"],
        )


if __name__ == "__main__":
    unittest.main()
