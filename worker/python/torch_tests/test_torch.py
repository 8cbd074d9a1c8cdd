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

    def run_job(self, name, stop_at=None, **fields):
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
            events = []
            for line in process.stdout:
                events.append(json.loads(line))
                if stop_at and events[-1].get("epoch") == stop_at:
                    process.kill()
        return events, folder

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
