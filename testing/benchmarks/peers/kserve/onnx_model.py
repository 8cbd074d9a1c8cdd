"""An ONNX model behind the KServe Python server, as KServe's guide to custom predictors says."""

import argparse

import numpy
import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer, model_server
from kserve.utils.utils import generate_uuid


class OnnxModel(Model):
    def __init__(self, name: str, path: str):
        super().__init__(name)
        self._path = path
        self.load()

    def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            self._path, options, providers=["CPUExecutionProvider"]
        )
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        if isinstance(payload, InferRequest):
            scores = self._scores(payload.inputs[0].as_numpy())
            output = InferOutput(name="scores", shape=list(scores.shape), datatype="FP32")
            # Raw answers to raw requests (gRPC), as the protocol says; JSON otherwise.
            output.set_data_from_numpy(scores, binary_data=payload.from_grpc)
            return InferResponse(
                response_id=payload.id or generate_uuid(), model_name=self.name, infer_outputs=[output]
            )
        image = numpy.array(payload["instances"], dtype=numpy.float32)
        return {"predictions": self._scores(image).tolist()}

    def _scores(self, image):
        (scores,) = self._session.run(["scores"], {"image": image})
        return scores


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--model_path", required=True)
    arguments, _ = parser.parse_known_args()
    ModelServer().start([OnnxModel(arguments.model_name, arguments.model_path)])
