"""The server's side of the protocol, just enough to talk to a worker."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

from millrace_worker import protocol

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAIN = os.path.join(ROOT, "millrace_worker", "__main__.py")


class FakeServer:
    def __init__(self, code, file="function.py", args=None, command=None, env=None):
        self.folder = tempfile.mkdtemp()
        self.script = os.path.join(self.folder, file)
        with open(self.script, "w", encoding="utf-8") as out:
            out.write(code)
        self.args = args or {}
        path = os.path.join(self.folder, "s")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(30)
        environ = {"PATH": os.environ.get("PATH", ""), "MILLRACE_SOCKET": path}
        environ.update({"MILLRACE_TOKEN": "secret", "LANG": "C.UTF-8"})
        environ.update(env or {})
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = subprocess.Popen(
            command or [sys.executable, "-u", MAIN],
            env=environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.socket, _ = listener.accept()
        listener.close()
        self.socket.settimeout(30)
        self.sequence = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self):
        length = struct.unpack(">I", self._exactly(4))[0]
        data = self._exactly(length)
        return data[0], protocol.Reader(data[1:])

    def hello(self):
        kind, reader = self.read()
        assert kind == protocol.HELLO, kind
        return reader.u32(), reader.text(), reader.text(), reader.text()

    def start(self):
        """Greets and configures; the worker's answer as (kind, reader)."""
        self.hello()
        body = protocol.text("input") + protocol.text("out") + protocol.text(self.script)
        body += protocol.text_map(self.args) + struct.pack(">I", protocol.MAX_PAYLOAD)
        self.socket.sendall(protocol.frame(protocol.CONFIG, body))
        return self.read()

    def call(self, *payloads, flags=0, topic="t", selectors=None):
        body = struct.pack(">QBIH", self.sequence, flags, len(payloads), 1)
        body += protocol.text(topic) + protocol.text_map(selectors or {})
        for payload in payloads:
            body += struct.pack(">HqI", 0, 5, len(payload)) + payload
        self.socket.sendall(protocol.frame(protocol.CALL, body))
        answers = []
        starts = 0
        while len(answers) < len(payloads):
            kind, reader = self.read()
            if kind == protocol.STARTED:
                starts += 1
                continue
            assert kind == protocol.RESULT, kind
            sequence = struct.unpack(">Q", reader.take(8))[0]
            assert sequence == self.sequence, (sequence, self.sequence)
            self.sequence += 1
            if reader.take(1)[0]:
                answers.append(reader.text())
            else:
                answers.append([bytes(reader.take(reader.u32())) for _ in range(reader.u32())])
            reader.end()
        self.starts = starts
        return answers

    def start_transformer(self, model="mnist", form="v1", arguments=()):
        """As ``start``, for a worker that is to be a transformer."""
        self.hello()
        body = protocol.text("input") + protocol.text("out") + protocol.text(self.script)
        body += protocol.text_map(self.args) + struct.pack(">I", protocol.MAX_PAYLOAD)
        body += protocol.text(model) + protocol.text(form) + protocol.text("host:1/predictor")
        body += struct.pack(">H", len(arguments)) + b"".join(map(protocol.text, arguments))
        self.socket.sendall(protocol.frame(protocol.CONFIG_TRANSFORMER, body))
        return self.read()

    def request(self, *requests, predictor=None):
        """Sends requests of (kind, headers, body[, length of the JSON]); ``predictor`` answers
        (form, body, length) with (status, body, length). The responses, as tuples."""
        body = struct.pack(">QH", self.sequence, len(requests))
        for kind, headers, data, *length in requests:
            body += bytes((kind,)) + protocol.text_map(headers)
            body += struct.pack(">iI", length[0] if length else -1, len(data)) + data
        self.socket.sendall(protocol.frame(protocol.REQUEST, body))
        self.asked = []
        self.starts = 0
        responses = []
        while len(responses) < len(requests):
            kind, reader = self.read()
            if kind == protocol.STARTED:
                self.starts += 1
            elif kind == protocol.PREDICT:
                self._predicted(reader, predictor)
            else:
                assert kind == protocol.RESPONSE, kind
                responses.append(self._response(reader))
        return responses

    def _predicted(self, reader, predictor):
        sequence, number, form, json_length, length = reader.unpack(struct.Struct(">QIBiI"))
        data = bytes(reader.take(length))
        reader.end()
        self.asked.append((sequence - self.sequence, form, data))
        status, answer, answer_length = predictor(form, data, json_length)
        head = struct.pack(">IHiI", number, status, answer_length, len(answer))
        self.socket.sendall(protocol.frame(protocol.PREDICTED, head + answer))

    def _response(self, reader):
        sequence, status = reader.unpack(struct.Struct(">QH"))
        assert sequence == self.sequence, (sequence, self.sequence)
        self.sequence += 1
        self.micros = reader.unpack(struct.Struct(">IIII"))
        headers = reader.text_map()
        json_length, length = reader.unpack(struct.Struct(">iI"))
        data = bytes(reader.take(length))
        reader.end()
        return status, headers, data, json_length

    def drain(self):
        self.socket.sendall(protocol.frame(protocol.DRAIN))
        return self.process.wait(30)

    def lines(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8").splitlines()

    def _exactly(self, length):
        data = b""
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise EOFError
            data += part
        return data
