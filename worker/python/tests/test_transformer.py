"""Transformers of all ages in a real worker process."""

import importlib.util
import json
import unittest

from millrace_worker import protocol

from .fake_server import FakeServer

FUNCTIONS = """
def preprocess(payload, headers):
    return {"instances": [[255 - v for v in row] for row in payload["instances"]]}
def postprocess(result, headers, context):
    return {"digit": result["predictions"][0], "id": headers.get("x-request-id"),
            "args": context.get_config()}
"""

KSERVE = """
import argparse
import logging
from typing import Dict
import kserve
from kserve import ModelServer, model_server

class Digits(kserve.Model):
    def __init__(self, name: str, predictor_host: str):
        super().__init__(name)
        self.predictor_host = predictor_host
        self._key = None

    async def preprocess(self, inputs: Dict, headers: Dict[str, str] = None) -> Dict:
        if inputs["EventName"] == "s3:ObjectCreated:Put":
            self._key = inputs["Key"]
            return {"instances": [[len(inputs["Records"])]]}
        raise Exception("unknown event")

    async def postprocess(self, inputs: Dict, headers: Dict[str, str] = None) -> Dict:
        logging.info(inputs)
        return {"predictions": inputs["predictions"], "moved": self._key,
                "host": self.predictor_host, "bucket": args.bucket}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--predictor_host", required=True)
    parser.add_argument("--model_name", required=True)
    parser.add_argument("--bucket")
    args, _ = parser.parse_known_args()
    transformer = Digits(args.model_name, predictor_host=args.predictor_host)
    ModelServer(workers=1).start([transformer])
"""

KF2019 = """
import argparse
import kfserving
from typing import Dict

class Transformer(kfserving.KFModel):
    def __init__(self, name: str, predictor_host: str):
        super().__init__(name)
        self.predictor_host = predictor_host

    def preprocess(self, inputs: Dict) -> Dict:
        if inputs['EventType'] == 's3:ObjectCreated:Put':
            return {"instances": [[1.0]]}
        raise Exception("unknown event")

    def predict(self, request: Dict) -> Dict:
        answer = super().predict(request)
        answer["seen"] = True
        return answer

    def postprocess(self, inputs: Dict) -> Dict:
        return inputs

parser = argparse.ArgumentParser(parents=[kfserving.kfserver.parser])
parser.add_argument('--model_name', default='model')
parser.add_argument('--predictor_host', required=True)
args, _ = parser.parse_known_args()
if __name__ == "__main__":
    kfserving.KFServer(workers=1).start([Transformer(args.model_name, args.predictor_host)])
"""

V2 = """
from kserve import Model, InferRequest, InferInput, InferResponse
class Scale(Model):
    def __init__(self, name, predictor_host, protocol):
        super().__init__(name)
        assert protocol == "v2"
    def preprocess(self, payload, headers=None):
        assert isinstance(payload, InferRequest), type(payload)
        scaled = [v / 255 for v in payload.inputs[0].data]
        one = InferInput("x", [1, 2], "FP32", data=scaled)
        return InferRequest(self.name, [one], request_id=payload.id)
    def postprocess(self, result, headers=None):
        assert isinstance(result, InferResponse)
        result.outputs[0].data = [2 * v for v in result.outputs[0].data]
        return result
"""

EVENT = {
    "EventName": "s3:ObjectCreated:Put",
    "Key": "mnist/0.png",
    "Records": [{"eventName": "s3:ObjectCreated:Put"}],
}


def echo(form, body, length):
    return 200, json.dumps({"predictions": json.loads(body)["instances"]}).encode(), -1


class TransformerTest(unittest.TestCase):
    def ready(self, code, form="v1", arguments=(), **more):
        server = FakeServer(code, **more)
        self.addCleanup(server.__exit__)
        kind, reader = server.start_transformer(form=form, arguments=arguments)
        if kind == protocol.START_FAILED:
            self.fail(reader.text())
        self.assertEqual(protocol.READY, kind)
        self.flags = reader.take(1)[0]
        return server

    def refused(self, code):
        server = FakeServer(code)
        self.addCleanup(server.__exit__)
        kind, reader = server.start_transformer()
        self.assertEqual(protocol.START_FAILED, kind)
        return reader.text()

    def answer(self, server, payload, kind=protocol.V1, headers=None, predictor=echo):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        status, self.headers, data, _ = server.request(
            (kind, headers or {}, body), predictor=predictor
        )[0]
        return status, json.loads(data)

    def test_functions_around_a_model(self):
        server = self.ready(FUNCTIONS, args={"a": "b"})
        status, answer = self.answer(
            server, {"instances": [[0, 255]]}, headers={"x-request-id": "r1"}
        )
        self.assertEqual((200, {"digit": [255, 0], "id": "r1", "args": {"a": "b"}}), (status, answer))
        self.assertEqual({"content-type": "application/json"}, self.headers)
        self.assertEqual(1, len(server.asked))
        self.assertRegex(
            "\n".join(server.lines()),
            r"requestId: r1, preprocess_ms: [\d.]+, explain_ms: 0.000, predict_ms: [\d.]+, post",
        )
        self.assertEqual(0, server.drain())

    def test_what_has_neither_stage_passes_the_body_on(self):
        server = self.ready("def postprocess(result): return result['predictions'][0]\n")
        self.assertEqual((200, [7]), self.answer(server, {"instances": [[7]]}))

    def test_a_class_written_for_kserve(self):
        server = self.ready(KSERVE, arguments=["--bucket", "digits"])
        expected = {
            "predictions": [[1]],
            "moved": "mnist/0.png",
            "host": "host:1/predictor",
            "bucket": "digits",
        }
        self.assertEqual((200, expected), self.answer(server, EVENT))
        ce = {"ce-id": "1", "ce-source": "s", "ce-type": "t", "ce-specversion": "1.0"}
        event = protocol.V1 | protocol.EVENT
        self.assertEqual((200, expected), self.answer(server, EVENT, kind=event, headers=ce))
        status, answer = self.answer(server, dict(EVENT, EventName="s3:ObjectRemoved:Delete"))
        self.assertEqual((500, {"error": "Exception : unknown event"}), (status, answer))
        self.assertEqual((200, expected), self.answer(server, EVENT))

    def test_a_class_of_2019(self):
        server = self.ready(KF2019)
        old = {"EventType": "s3:ObjectCreated:Put", "Key": "k", "Records": []}
        expected = {"predictions": [[1.0]], "seen": True}
        self.assertEqual((200, expected), self.answer(server, old))
        self.assertEqual((200, expected), self.answer(server, EVENT))

    def test_reads_events_as_code_of_2024_does(self):
        code = """
def preprocess(payload, headers=None):
    assert payload["data"]["EventName"] == payload["EventName"], payload
    assert "data" in payload and payload.get("none") is None and len(payload) == 3
    assert payload["source"] == "s" and payload.get("type") == "t"
    return {"instances": [payload["data"]["Key"]]}
"""
        server = self.ready(code)
        ce = {"ce-id": "1", "ce-source": "s", "ce-type": "t", "ce-specversion": "1.0"}
        status, answer = self.answer(server, EVENT, protocol.V1 | protocol.EVENT, ce)
        self.assertEqual((200, {"predictions": ["mnist/0.png"]}), (status, answer))

    def test_tensors(self):
        server = self.ready(V2, form="v2")

        def predictor(form, body, length):
            self.assertEqual(protocol.V2, form)
            self.assertEqual([1.0, 0.0], json.loads(body)["inputs"][0]["data"])
            output = {"name": "y", "shape": [1, 2], "datatype": "FP32", "data": [3.0, 4.0]}
            return 200, json.dumps({"model_name": "mnist", "outputs": [output]}).encode(), -1

        one = {"name": "image", "shape": [1, 2], "datatype": "UINT8", "data": [255, 0]}
        request = {"id": "42", "inputs": [one]}
        status, answer = self.answer(server, request, protocol.V2, predictor=predictor)
        self.assertEqual(200, status)
        self.assertEqual(("mnist", "42"), (answer["model_name"], answer["id"]))
        self.assertEqual([6.0, 8.0], answer["outputs"][0]["data"])
        self.assertEqual(400, self.answer(server, {"inputs": 1}, protocol.V2)[0])

    @unittest.skipUnless(importlib.util.find_spec("numpy"), "needs numpy")
    def test_tensors_in_binary(self):
        import numpy

        code = """
import numpy
from kserve import Model, InferRequest, InferInput
class Scale(Model):
    def preprocess(self, payload, headers=None):
        array = payload.inputs[0].as_numpy().astype(numpy.float32) * 2
        one = InferInput("x", array.shape, "FP32")
        one.set_data_from_numpy(array)
        return InferRequest(self.name, [one], parameters={"binary_data_output": True})
"""
        server = self.ready(code, form="v2")

        def predictor(form, body, length):
            head = json.loads(body[:length])
            self.assertEqual(8, head["inputs"][0]["parameters"]["binary_data_size"])
            array = numpy.frombuffer(body[length:], dtype="<f4") + 1
            output = {"name": "y", "shape": [2], "datatype": "FP32"}
            output["parameters"] = {"binary_data_size": 8}
            text = json.dumps({"model_name": "mnist", "id": "1", "outputs": [output]}).encode()
            return 200, text + array.tobytes(), len(text)

        one = {"name": "x", "shape": [2], "datatype": "INT64", "parameters": {"binary_data_size": 16}}
        head = json.dumps({"inputs": [one]}).encode()
        body = head + numpy.array([3, 4], dtype="<i8").tobytes()
        request = (protocol.V2, {}, body, len(head))
        status, _, data, length = server.request(request, predictor=predictor)[0]
        self.assertEqual((200, -1), (status, length), data)
        self.assertEqual([7.0, 9.0], json.loads(data)["outputs"][0]["data"])
        head = json.dumps({"inputs": [one], "parameters": {"binary_data_output": True}}).encode()
        body = head + numpy.array([3, 4], dtype="<i8").tobytes()
        request = (protocol.V2, {}, body, len(head))
        status, _, data, length = server.request(request, predictor=predictor)[0]
        self.assertEqual(200, status)
        if length < 0:  # kserve's own class, whose answers are JSON
            self.assertEqual([7.0, 9.0], json.loads(data)["outputs"][0]["data"])
        else:
            self.assertEqual([7.0, 9.0], numpy.frombuffer(data[length:], dtype="<f4").tolist())

    def test_errors_keep_their_status(self):
        server = self.ready(
            "import kserve.errors\n"
            "class Http(Exception):\n"
            "    status_code = 418\n"
            "    detail = 'tea'\n"
            "def preprocess(p):\n"
            "    if p == 1: raise kserve.errors.InvalidInput('bad row')\n"
            "    if p == 2: raise Http()\n"
            "    if p == 3: raise ConnectionRefusedError('store')\n"
            "    if p == 4: raise KeyError('k')\n"
            "    return p\n"
        )

        def busy(form, body, length):
            return 503, b'{"error": "Model with name mnist is not ready."}', -1

        expected = [
            (1, 400, "bad row"),
            (2, 418, "tea"),
            (3, 503, "ConnectionRefusedError : store"),
            (4, 500, "KeyError : 'k'"),
            (5, 503, "Model with name mnist is not ready."),
        ]
        for payload, status, text in expected:
            with self.subTest(text):
                found = self.answer(server, payload, predictor=busy)
                self.assertEqual((status, {"error": text}), found)
        status, answer = self.answer(server, b"{", headers={"content-type": "application/json"})
        self.assertEqual(400, status)
        self.assertIn("the body is not JSON", answer["error"])

    def test_batches_ask_the_model_all_at_once(self):
        server = self.ready(
            "def preprocess_batch(payloads, headers):\n"
            "    if any(p['n'] < 0 for p in payloads): raise ValueError('batch')\n"
            "    return [{'instances': [p['n'], len(payloads)]} for p in payloads]\n"
            "def preprocess(payload, headers):\n"
            "    if payload['n'] < 0: raise ValueError('negative')\n"
            "    return {'instances': [payload['n']]}\n"
        )
        self.assertEqual(protocol.BATCH, self.flags)
        requests = [(protocol.V1, {}, json.dumps({"n": n}).encode()) for n in (1, 2, 3)]
        found = [json.loads(r[2]) for r in server.request(*requests, predictor=echo)]
        self.assertEqual([{"predictions": [n, 3]} for n in (1, 2, 3)], found)
        requests[1] = (protocol.V1, {}, b'{"n": -1}')
        found = server.request(*requests, predictor=echo)
        self.assertEqual([200, 500, 200], [r[0] for r in found])
        self.assertEqual({"predictions": [1]}, json.loads(found[0][2]))

    def test_lists_of_one_where_there_are_only_lists(self):
        server = self.ready("def postprocess_batch(results): return [[r, len(results)] for r in results]")
        found = self.answer(server, {"instances": [7]})
        self.assertEqual((200, [{"predictions": [7]}, 1]), found)

    def test_asks_more_than_once_and_answers_headers(self):
        server = self.ready(
            "import asyncio\n"
            "async def predict(payload, headers, response_headers, context):\n"
            "    response_headers['X-Made'] = 'here'\n"
            "    context['n'] = 2\n"
            "    both = await asyncio.gather(*(context.predict_async({'instances': [i]})"
            " for i in range(context['n'])))\n"
            "    return [b['predictions'] for b in both] + [context.predict(payload)]\n"
        )
        status, answer = self.answer(server, {"instances": [9]})
        self.assertEqual((200, [[0], [1], {"predictions": [9]}]), (status, answer))
        self.assertEqual("here", self.headers["x-made"])

    def test_explains(self):
        server = self.ready("def explain(payload, headers): return {'explanations': payload}\n")
        self.assertEqual(protocol.EXPLAINS, self.flags)
        found = self.answer(server, {"instances": [1]}, protocol.EXPLAIN)
        self.assertEqual((200, {"explanations": {"instances": [1]}}), found)
        server = self.ready("def preprocess(p): return p\n")
        self.assertEqual(501, self.answer(server, {}, protocol.EXPLAIN)[0])

    def test_says_why_it_does_not_load(self):
        for code, reason in (
            ("x = 1\n", "has no transformer"),
            ("preprocess = 1\n", "cannot be called"),
            ("import not_there\n", "No module named 'not_there'"),
            ("import sys\nsys.exit(3)\n", "ended the program: exit(3)"),
            ("import kserve\nclass A(kserve.Model):\n  def __init__(self, odd): pass\n", "'odd'"),
            (
                "import kserve\nclass A(kserve.Model):\n  def load(self): return False\n",
                "did not make it ready",
            ),
        ):
            with self.subTest(code):
                self.assertIn(reason, self.refused(code))

    def test_bytes_that_are_no_json(self):
        server = self.ready(
            "def preprocess(p, headers): return {'instances': [len(p), type(p).__name__]}\n"
        )
        headers = {"content-type": "image/png"}
        found = self.answer(server, b"\x89PNG", headers=headers)
        self.assertEqual((200, {"predictions": [4, "bytes"]}), found)


if __name__ == "__main__":
    unittest.main()
