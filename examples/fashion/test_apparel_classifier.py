"""Runs the function against a small HTTP server that answers like the model server.

Run it with python -m unittest test_apparel_classifier; it needs msgpack, numpy and requests.
"""

import importlib.util
import json
import os
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import msgpack

FUNCTION = Path(__file__).resolve().with_name("apparel_classifier.py")
IMAGE = [[[(row * 28 + column) / 784] for column in range(28)] for row in range(28)]
BAG = [0.001, 0.002, 0.003, 0.004, 0.005, 0.002, 0.003, 0.004, 0.975674689, 0.000325311]


class ModelServer(ThreadingHTTPServer):
    """Answers every POST with `status` and `body`, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ModelServerHandler)
        self.status, self.body = 200, b""
        self.requests = []
        self.connections = 0

    @property
    def endpoint(self):
        return f"127.0.0.1:{self.server_port}"

    def predicts(self, probabilities):
        self.answers(200, json.dumps({"predictions": [probabilities]}).encode())

    def answers(self, status, body):
        self.status, self.body = status, body


class ModelServerHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1

    def do_POST(self):
        content = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.path, self.headers["content-type"], json.loads(content)))
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        """Silent: the test shows what matters."""


class FakeContext:
    def __init__(self, **config):
        self.config = config
        self.sent = []

    def get_config(self):
        return self.config

    def send(self, data):
        self.sent.append(data)


def message(**more):
    return msgpack.packb({"image": IMAGE, "dtype": "float64", "height": 28, "width": 28, **more})


class ApparelClassifierTest(unittest.TestCase):
    def setUp(self):
        self.server = ModelServer()
        self.server.predicts(BAG)
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.function = self.imported()
        self.addCleanup(self.function.session.close)

    def imported(self):
        """A fresh copy of the module, which reads the endpoint while it is imported."""
        spec = importlib.util.spec_from_file_location("apparel_classifier", FUNCTION)
        module = importlib.util.module_from_spec(spec)
        with mock.patch.dict(os.environ, {"AI_INFERENCE_ENDPOINT": self.server.endpoint}):
            spec.loader.exec_module(module)
        return module

    def prediction(self, msg):
        ctx = FakeContext(output="prediction")
        self.function.main(ctx, msg)
        (sent,) = ctx.sent
        return json.loads(sent)

    def test_forwards_the_message_unchanged_without_a_parameter(self):
        ctx = FakeContext()
        self.function.main(ctx, message())
        self.assertEqual(ctx.sent, [message()])

    def test_forwards_the_message_unchanged_when_told_so(self):
        ctx = FakeContext(output="message")
        self.function.main(ctx, message())
        self.assertEqual(ctx.sent, [message()])

    def test_sends_the_prediction_when_told_so(self):
        ctx = FakeContext(output="prediction")
        self.function.main(ctx, message())
        self.assertEqual(ctx.sent, [b'{"label": "Bag", "index": 8, "confidence": 0.975674689}'])

    def test_the_prediction_echoes_the_id_of_the_message(self):
        self.assertEqual(self.prediction(message(id=0))["id"], 0)
        self.assertEqual(self.prediction(message(id=4711))["id"], 4711)

    def test_logs_label_and_confidence(self):
        with self.assertLogs(level="INFO") as logs:
            self.function.main(FakeContext(), message())
        self.assertEqual([r.getMessage() for r in logs.records], ["Prediction: Bag, Confidence: 0.975674689"])

    def test_names_all_ten_classes(self):
        expected = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")
        for index, label in enumerate(expected):
            with self.subTest(label=label):
                self.server.predicts([0.91 if other == index else 0.01 for other in range(10)])
                self.assertEqual(self.prediction(message()), {"label": label, "index": index, "confidence": 0.91})

    def test_asks_version_1_of_the_model_in_row_format(self):
        self.function.main(FakeContext(), message())
        (request,) = self.server.requests
        self.assertEqual(
            request,
            (
                "/v1/models/fashion_classifier/versions/1:infer",
                "application/json",
                {"signature_name": "serving_default", "instances": [IMAGE]},
            ),
        )

    def test_keeps_its_connection_from_message_to_message(self):
        for _ in range(3):
            self.function.main(FakeContext(), message())
        self.assertEqual((len(self.server.requests), self.server.connections), (3, 1))

    def test_does_not_go_through_a_proxy(self):
        with mock.patch.dict(os.environ, {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}):
            self.assertEqual(self.prediction(message())["label"], "Bag")

    def test_logs_and_raises_what_the_model_server_refused(self):
        self.server.answers(404, b'{"error": "model fashion_classifier has no version 1"}')
        self.assert_fails("404: model fashion_classifier has no version 1")

    def test_survives_a_refusal_that_is_not_the_usual_json(self):
        self.server.answers(502, b"bad gateway")
        self.assert_fails("502: bad gateway")
        self.server.answers(500, b'["odd"]')
        self.assert_fails('500: ["odd"]')

    def assert_fails(self, reason):
        ctx = FakeContext()
        with self.assertLogs(level="ERROR") as logs, self.assertRaises(RuntimeError) as raised:
            self.function.main(ctx, message())
        self.assertIn(reason, str(raised.exception))
        self.assertIn(reason, logs.records[0].getMessage())
        self.assertEqual(ctx.sent, [])

    def test_refuses_an_unknown_output(self):
        with self.assertRaisesRegex(ValueError, "'picture'.*message or prediction"):
            self.function.main(FakeContext(output="picture"), message())

    def test_a_message_without_a_picture_fails_before_the_model_is_asked(self):
        with self.assertRaises(KeyError):
            self.function.main(FakeContext(), msgpack.packb({"dtype": "float64"}))
        self.assertEqual(self.server.requests, [])


if __name__ == "__main__":
    unittest.main()
