"""What the models of the test answer when something else than Millrace runs them."""

import pathlib

import numpy as np
import onnxruntime


class Opinion:
    def __init__(self, folder, answers):
        self.folder = pathlib.Path(folder)
        self.answers = dict(
            line.split("=", 1)
            for line in pathlib.Path(answers).read_text().splitlines()
            if "=" in line
        )

    def onnx(self, model, **inputs):
        session = onnxruntime.InferenceSession(self.folder / f"{model}.onnx")
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, inputs)))

    def dense(self):
        """What TensorFlow said about the TensorFlow Lite model: inputs and outputs."""
        return (
            self._numbers("dense.input").reshape(-1, 16),
            self._numbers("dense.output").reshape(-1, 10),
        )

    def _numbers(self, key):
        return np.array(self.answers[key].split(","), dtype=np.float32)
