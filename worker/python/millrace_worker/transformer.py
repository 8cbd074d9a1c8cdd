"""The life of a transformer: load the user's code, take requests through it one after the other."""

import asyncio
import concurrent.futures
import inspect
import itertools
import logging
import sys
import threading
import time
import traceback

from . import failures, kserve_shim, payloads, protocol, tensors, usermodule
from .payloads import BadRequest

_FORWARDED = ("x-request-id", "x-b3-traceid", "authorization")
_MAX_RESPONSE = 50 * 1024 * 1024


class Context(dict):
    """One request, for code that wants to keep something between its stages: a dict of its own,
    and what is known of the request."""

    def __init__(self, host, request, headers):
        super().__init__()
        self._host = host
        self.headers = headers
        self.attributes = payloads.attributes_of(headers)
        self.id = headers.get("x-request-id", "") or self.attributes.get("id", "")
        self.model = host.model_name
        self.is_event = bool(request.kind & protocol.EVENT)
        self.sequence = 0

    def get_config(self):
        """The ``args`` of the transformer; every value is a string."""
        return dict(self._host.args)

    def predict(self, payload):
        """Asks the model; waits for its answer. For code that asks more than once."""
        return self._host.predictor.ask(payload, self).result()

    async def predict_async(self, payload):
        """The same, leaving the event loop free."""
        return await asyncio.wrap_future(self._host.predictor.ask(payload, self))


class Predictor:
    """The model, reached over the connection to the server."""

    def __init__(self, channel, form):
        self._channel = channel
        self._form = protocol.V2 if form == "v2" else protocol.V1
        self._numbers = itertools.count(1)
        self._waiting = {}
        self._lock = threading.Lock()
        channel.on(protocol.PREDICTED, self._answered)

    def ask(self, payload, context):
        """A future of what the model answers, in the form of the question."""
        form, body, json_length = self._written(payload)
        if len(body) > protocol.MAX_PAYLOAD:
            raise failures.Failure(413, "the model takes %d bytes at most" % protocol.MAX_PAYLOAD)
        future = concurrent.futures.Future()
        with self._lock:
            number = next(self._numbers) & 0xFFFFFFFF
            self._waiting[number] = (future, form)
        frame = protocol.predict(context.sequence, number, form, body, json_length)
        self._channel.write_frame(frame)
        return future

    def _written(self, payload):
        if hasattr(payload, "to_rest"):
            rest = payload.to_rest()
            rest, json_length = rest if isinstance(rest, tuple) else (rest, None)
            if isinstance(rest, dict):
                return protocol.V2, payloads.to_json(rest), protocol.ALL_JSON
            return protocol.V2, bytes(rest), json_length
        if isinstance(payload, (bytes, bytearray, memoryview)):
            return self._form, bytes(payload), protocol.ALL_JSON
        if isinstance(payload, str):
            return self._form, payload.encode("utf-8"), protocol.ALL_JSON
        return self._form, payloads.to_json(payload), protocol.ALL_JSON

    def _answered(self, body):
        number, status, data, json_length = protocol.predicted(body)
        with self._lock:
            future, form = self._waiting.pop(number, (None, None))
        if future is None:
            return
        try:
            if status >= 300:
                raise failures.of_predictor(status, data)
            if form == protocol.V2:
                answer = kserve_shim.infer_response(data, json_length)
            else:
                answer = payloads.json.loads(data)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(answer)


class Stage:
    """A method of the user's code, called with as much as it takes."""

    def __init__(self, function):
        self._function = function
        self._takes_headers = False
        self._names = ()
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return
        positional = [
            p
            for p in parameters
            if p.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        ]
        known = ("context", "response_headers")
        self._takes_headers = len(positional) > 1 and positional[1].name not in known
        self._names = tuple(p.name for p in parameters if p.name in known)
        if not self._takes_headers and any(
            p.name == "headers" and p.kind == inspect.Parameter.KEYWORD_ONLY for p in parameters
        ):
            self._names += ("headers",)

    async def __call__(self, payload, headers, response_headers, context):
        values = {"context": context, "response_headers": response_headers, "headers": headers}
        named = {name: values[name] for name in self._names}
        if self._takes_headers:
            result = self._function(payload, headers, **named)
        else:
            result = self._function(payload, **named)
        if inspect.isawaitable(result):
            result = await result
        return result


class Host:
    """Takes requests through the user's code."""

    def __init__(self, channel, config):
        self._channel = channel
        self.model_name = config["model"]
        self.args = config["args"]
        self.predictor = Predictor(channel, config["protocol"])
        self._stages = {}

    def adopt(self, code):
        """``code`` has the user's stages as attributes; those it lacks do nothing."""
        for name in usermodule.STAGES:
            function = getattr(code, name, None)
            if function is not None:
                self._stages[name] = Stage(function)

    @property
    def flags(self):
        batch = "preprocess_batch" in self._stages or "postprocess_batch" in self._stages
        explains = "explain" in self._stages
        return (protocol.BATCH if batch else 0) | (protocol.EXPLAINS if explains else 0)

    async def serve(self, first, requests):
        self._channel.write_frame([protocol.started(first)])
        if len(requests) > 1:
            responses = await self._batch(first, requests)
            if responses is not None:
                for response in responses:
                    self._channel.write_frame(response)
                return
        for index, request in enumerate(requests):
            self._channel.write_frame(await self._one(first + index, request))

    async def _one(self, sequence, request):
        micros = [0, 0, 0, 0]
        response_headers = {}
        context = Context(self, request, request.headers)
        context.sequence = sequence
        kserve_shim.current.set(context)
        try:
            payload, asked = self._decoded(request)
            clock = time.perf_counter_ns()
            payload = await self._run("preprocess", payload, response_headers, context)
            clock = self._lap(micros, 0, clock)
            if request.kind & ~protocol.EVENT == protocol.EXPLAIN:
                if "explain" not in self._stages:
                    raise failures.Failure(501, "the transformer does not explain")
                result = await self._run("explain", payload, response_headers, context)
                clock = self._lap(micros, 3, clock)
            else:
                result = await self._predict(payload, response_headers, context)
                clock = self._lap(micros, 1, clock)
            result = await self._run("postprocess", result, response_headers, context)
            self._lap(micros, 2, clock)
            body, json_length, content_type = _encoded(result, asked)
            headers = {"content-type": content_type}
            headers.update((str(k).lower(), str(v)) for k, v in response_headers.items())
            self._trace(context, micros)
            return _response(sequence, 200, micros, headers, body, json_length)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            return _failed(sequence, micros, error)

    async def _run(self, name, payload, response_headers, context):
        stage = self._stages.get(name)
        if stage is not None:
            return await stage(payload, context.headers, response_headers, context)
        if name + "_batch" in self._stages:
            many = ([payload], [context.headers], [response_headers], [context])
            return (await self._run_batch(name, *many))[0]
        return payload

    async def _predict(self, payload, response_headers, context):
        kserve_shim.current.set(context)  # that of this task, when several predict at once
        stage = self._stages.get("predict")
        if stage is None:
            return await context.predict_async(payload)
        return await stage(payload, context.headers, response_headers, context)

    async def _batch(self, first, requests):
        """The responses; None when the batch failed and its requests are to be taken one by one."""
        contexts = [Context(self, request, request.headers) for request in requests]
        for index, context in enumerate(contexts):
            context.sequence = first + index
        headers = [request.headers for request in requests]
        response_headers = [{} for _ in requests]
        micros = [0, 0, 0, 0]
        try:
            decoded = [self._decoded(request) for request in requests]
            clock = time.perf_counter_ns()
            many = [payload for payload, _ in decoded]
            many = await self._run_batch("preprocess", many, headers, response_headers, contexts)
            clock = self._lap(micros, 0, clock)
            many = await asyncio.gather(
                *(self._predict(p, r, c) for p, r, c in zip(many, response_headers, contexts))
            )
            clock = self._lap(micros, 1, clock)
            many = await self._run_batch("postprocess", many, headers, response_headers, contexts)
            self._lap(micros, 2, clock)
            responses = []
            for index, result in enumerate(many):
                body, json_length, content_type = _encoded(result, decoded[index][1])
                sent = {"content-type": content_type, **response_headers[index]}
                responses.append(_response(first + index, 200, micros, sent, body, json_length))
            return responses
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            logging.getLogger().warning(
                "A batch of %d requests failed (%s), they are taken one by one",
                len(requests),
                failures.describe(error),
            )
            return None

    async def _run_batch(self, name, many, headers, response_headers, contexts):
        stage = self._stages.get(name + "_batch")
        if stage is None:
            return [
                await self._run(name, payload, *rest)
                for payload, *rest in zip(many, response_headers, contexts)
            ]
        result = list(await stage(many, headers, response_headers, contexts))
        if len(result) != len(many):
            raise ValueError(
                "%s_batch got %d payloads and returned %d" % (name, len(many), len(result))
            )
        return result

    def _decoded(self, request):
        """The payload for the user's code, and the V2 request that asks for it, if it is one."""
        is_event = bool(request.kind & protocol.EVENT)
        if request.kind & ~protocol.EVENT == protocol.V2:
            try:
                payload = kserve_shim.infer_request(
                    request.body, request.json_length, self.model_name
                )
            except (ValueError, KeyError, TypeError) as error:
                raise BadRequest("not a request of the Open Inference Protocol: %s" % error)
            return payload, _Asked(payload)
        return payloads.decode(request.body, request.headers, is_event), None

    @staticmethod
    def _lap(micros, stage, since):
        now = time.perf_counter_ns()
        micros[stage] += (now - since) // 1000
        return now

    @staticmethod
    def _trace(context, micros):
        logging.getLogger("millrace.transformer").info(
            "requestId: %s, preprocess_ms: %.3f, explain_ms: %.3f, predict_ms: %.3f, "
            "postprocess_ms: %.3f",
            context.id or "N.A.",
            micros[0] / 1000,
            micros[3] / 1000,
            micros[1] / 1000,
            micros[2] / 1000,
        )


class _Asked:
    """How the caller of a V2 request wants its answer."""

    def __init__(self, request):
        self.id = getattr(request, "id", None)
        self.model = request.model_name
        self._all_binary = bool((request.parameters or {}).get("binary_data_output"))
        self._outputs = {
            output.name: output.binary_data
            for output in getattr(request, "request_outputs", None) or []
        }

    def wants_binary(self, name):
        own = self._outputs.get(name)
        return self._all_binary if own is None else bool(own)


def _encoded(result, asked):
    """Body, length of its JSON, content type."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
        result = result[0]  # kserve's (result, response headers)
    if isinstance(result, tensors.InferResponse):
        for output in result.outputs:
            odd = output.datatype in ("FP16", "BF16")
            if output._has_raw() and not odd and not (asked and asked.wants_binary(output.name)):
                output.data = output.as_string() if output.datatype == "BYTES" else output.data
    if hasattr(result, "to_rest"):
        if asked:
            result.model_name = asked.model
            result.id = asked.id or result.id
        rest = result.to_rest()
        rest, json_length = rest if isinstance(rest, tuple) else (rest, None)
        if isinstance(rest, dict):
            return payloads.to_json(rest), protocol.ALL_JSON, "application/json"
        return bytes(rest), json_length, "application/octet-stream"
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result), protocol.ALL_JSON, "application/octet-stream"
    if isinstance(result, str):
        return result.encode("utf-8"), protocol.ALL_JSON, "text/plain; charset=utf-8"
    return payloads.to_json(result), protocol.ALL_JSON, "application/json"


def _response(sequence, status, micros, headers, body, json_length=protocol.ALL_JSON):
    if len(body) > _MAX_RESPONSE:
        raise failures.Failure(
            500, "the answer has %d bytes, allowed are %d" % (len(body), _MAX_RESPONSE)
        )
    texts = {str(name): str(value) for name, value in headers.items()}
    return protocol.response(sequence, status, micros, texts, body, json_length)


def _failed(sequence, micros, error):
    status, text, is_defect = failures.verdict(error)
    if is_defect:
        try:
            logging.getLogger().error(
                "Transformer failed on a request\n%s", usermodule.user_traceback(error)
            )
        except Exception:  # logging is in the user's hands and must not hide the failure
            traceback.print_exc()
    body = payloads.to_json({"error": text})
    return protocol.response(
        sequence, status, micros, {"content-type": "application/json"}, body
    )


def work(channel, config):
    logging.basicConfig(level=logging.INFO, format=usermodule.LOG_FORMAT)
    root = logging.getLogger()
    root.info("Transformer of model %s, predictor protocol %s", config["model"], config["protocol"])
    root.info("Load function from: %s", config["script"])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    host = Host(channel, config)
    channel.listen()
    try:
        host.adopt(loop.run_until_complete(usermodule.load(config)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        is_ours = isinstance(error, usermodule.LoadError)
        text = str(error) if is_ours else usermodule.user_traceback(error)
        root.error("Transformer does not load\n%s", text)
        channel.write(protocol.start_failed(text))
        return 1
    root.info("Load config: %s", config["args"])
    channel.write_frame([protocol.ready(host.flags)])
    while True:
        kind, body = channel.next()
        if kind == protocol.DRAIN:
            sys.stdout.flush()
            return 0
        if kind != protocol.REQUEST:
            raise protocol.ProtocolError("unexpected frame %d" % kind)
        first, requests = protocol.requests(body)
        loop.run_until_complete(host.serve(first, requests))
