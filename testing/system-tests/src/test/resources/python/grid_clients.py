"""Clients of examples/grid, with paho. Each judges what it gets and ends with 0 only when all is right.

    grid_clients.py SCENARIO FOLDER OPTIONS…      FOLDER is examples/grid

Requests are the rows of rows.csv, over and over; answers.csv has what TensorFlow says to each. As answers
name no request, all is judged by the sequence: the n-th answer belongs to the n-th request.
"""

import csv
import json
import ssl
import struct
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

HOST = "127.0.0.1"
TOLERANCE = 1e-6
DEADLINE = 60
QUIET = 1.0  # seconds in which what must not come would have come

folder = Path(sys.argv[2])
with open(folder / "rows.csv", newline="", encoding="utf-8") as file:
    ROWS = [{f"norm_{k}": float(row[f"norm_{k}"]) for k in range(1, 7)} for row in csv.DictReader(file)]
with open(folder / "answers.csv", newline="", encoding="utf-8") as file:
    ANSWERS = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def request(number):
    return json.dumps(ROWS[number % len(ROWS)])


def is_answer(payload, number, column="lstm", key="LSTM"):
    """Whether it is the answer to a request, in exactly the documented form."""
    value = json.loads(payload)[key]
    widened = struct.unpack("f", struct.pack("f", value))[0]
    assert payload == f'{{"{key}": {widened!r}}}', payload
    return abs(value - ANSWERS[number % len(ROWS)][column]) <= TOLERANCE


def wait_until(condition, what, seconds=DEADLINE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what()}"
        time.sleep(0.005)


class Client:
    """A connection that keeps what comes, in order."""

    def __init__(self, port, client_id, protocol=mqtt.MQTTv311, user=None, ca=None):
        five = protocol == mqtt.MQTTv5
        self.received = []
        self.subacks = []
        self.ready = threading.Event()
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if five else False,
            protocol=protocol,
        )
        if user:
            self.client.username_pw_set(*user)
        if ca:
            self.client.tls_set(ca_certs=ca, tls_version=ssl.PROTOCOL_TLS_CLIENT)
            self.client.tls_insecure_set(True)  # the address is not in the certificate of every machine
        self.client.on_connect = lambda _client, _data, _flags, reason, _properties: self.connected(reason)
        self.client.on_message = lambda _client, _data, message: self.received.append(message)
        self.client.on_subscribe = lambda _client, _data, _id, reasons, _properties: self.subacks.append(reasons[0])
        self.client.connect(HOST, port, 60)
        self.client.loop_start()
        assert self.ready.wait(DEADLINE), "no connection"

    def connected(self, reason):
        assert not reason.is_failure, reason
        self.ready.set()

    def subscribe(self, topic, qos=0):
        """The reason code of the answer."""
        before = len(self.subacks)
        self.client.subscribe(topic, qos)
        wait_until(lambda: len(self.subacks) > before, lambda: f"SUBACK for {topic}")
        return self.subacks[before]

    def send(self, topic, payload, qos=0, properties=None):
        info = self.client.publish(topic, payload, qos, properties=properties)
        assert info.rc == mqtt.MQTT_ERR_SUCCESS, info.rc
        return info

    def payloads(self, topic=None):
        return [message.payload.decode() for message in list(self.received) if topic in (None, message.topic)]

    def wait_for(self, count):
        wait_until(lambda: len(self.received) >= count, lambda: f"{len(self.received)} of {count}: {self.payloads()[-3:]}")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def bad(port):
    """Bad requests are not answered, and their neighbours are."""
    client = Client(port, "bad")
    client.subscribe("outqueue/lstm")
    missing = {key: value for key, value in ROWS[0].items() if key != "norm_4"}
    for number, between in enumerate(["hello", json.dumps(missing), json.dumps(ROWS[0] | {"norm_2": "much"}), None]):
        client.send("inqueue/lstm", request(number))
        if between is not None:
            client.send("inqueue/lstm", between)
    text = {key: str(value) for key, value in ROWS[4].items()} | {"comment": "numbers may be text"}
    client.send("inqueue/lstm", json.dumps(text))
    client.wait_for(5)
    time.sleep(QUIET)
    answers = client.payloads()
    assert len(answers) == 5, answers
    assert all(is_answer(answer, number) for number, answer in enumerate(answers)), answers
    client.close()
    print("neighbours answered")


def tenants(port, ca):
    """Two at once, and each gets its own answers, in its own order, and nothing else."""
    count = 200
    alice = Client(port, "one", user=("alice", "wonder"), ca=ca)
    bob = Client(port, "one", user=("bob", "build"), ca=ca)  # the same id, and yet another client
    assert not alice.subscribe("outqueue/alice").is_failure
    assert not bob.subscribe("outqueue/bob/+").is_failure
    for topic in ("outqueue/bob", "outqueue/bob/ANN", "outqueue/#", "outqueue/+", "#", "inqueue/bob"):
        assert alice.subscribe(topic).is_failure, topic
    models = [("LSTM", "lstm"), ("ANN", "ann")]
    for number in range(count):
        alice.send("inqueue/alice", request(number))
        alice.send("inqueue/bob/LSTM", request(number))  # refused: QoS 0 is dropped
        bob.send(f"inqueue/bob/{models[number % 2][0]}", request(7 * number))
        if number % 10 == 9:
            time.sleep(0.02)
    alice.wait_for(count)
    bob.wait_for(count)
    time.sleep(QUIET)
    assert len(alice.received) == count and len(bob.received) == count, (len(alice.received), len(bob.received))
    assert all(is_answer(answer, number) for number, answer in enumerate(alice.payloads("outqueue/alice")))
    for which, (model, column) in enumerate(models):
        answers = bob.payloads(f"outqueue/bob/{model}")
        assert len(answers) == count // 2
        for place, answer in enumerate(answers):
            assert is_answer(answer, 7 * (2 * place + which), column, model), (model, place, answer)
    alice.close()
    bob.close()
    print("each its own")


def reply(port, ca):
    """MQTT 5: the answer goes where the request says, with what the request wants to see again."""
    alice = Client(port, "five", mqtt.MQTTv5, user=("alice", "wonder"), ca=ca)
    alice.subscribe("outqueue/alice")
    alice.subscribe("outqueue/alice/desk-7")
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = "outqueue/alice/desk-7"
    properties.CorrelationData = b"\x00\x01request 17"
    properties.UserProperty = [("trace", "abc"), ("millrace.source", "forged")]
    alice.send("inqueue/alice", request(3), properties=properties)
    alice.send("inqueue/alice", request(4))
    alice.wait_for(2)
    answers = {message.topic: message for message in alice.received}
    there, plain = answers["outqueue/alice/desk-7"], answers["outqueue/alice"]
    assert is_answer(there.payload.decode(), 3) and is_answer(plain.payload.decode(), 4)
    assert there.properties.CorrelationData == b"\x00\x01request 17"
    facts = dict(there.properties.UserProperty)
    assert facts["trace"] == "abc" and facts.get("millrace.source") != "forged", facts
    assert "model/LSTM@1" in facts["millrace.provenance"], facts
    assert not hasattr(plain.properties, "CorrelationData")

    elsewhere = Properties(PacketTypes.PUBLISH)
    elsewhere.ResponseTopic = "outqueue/bob"
    bob = Client(port, "watch", user=("bob", "build"), ca=ca)
    bob.subscribe("outqueue/bob")
    alice.send("inqueue/alice", request(5), properties=elsewhere)
    time.sleep(QUIET)
    assert not bob.received, "an answer of alice for bob"
    alice.close()
    bob.close()
    print("answered there")


def stream(port, stop):
    """200 requests a second in bursts until the file "stop" is there; versions change meanwhile."""
    old = Client(port, "user2")
    old.subscribe("outqueue/lstm")
    new = Client(port, "watcher", mqtt.MQTTv5)
    new.subscribe("outqueue/lstm")
    sent = 0
    begin = time.monotonic()
    while not Path(stop).exists():
        for _ in range(40):
            old.send("inqueue/lstm", request(sent))
            sent += 1
        time.sleep(max(0.0, begin + sent / 200 - time.monotonic()))
    old.wait_for(sent)
    new.wait_for(sent)
    time.sleep(QUIET)
    assert old.payloads() == new.payloads(), "two subscribers saw different answers"
    assert len(old.received) == sent, f"{len(old.received)} answers to {sent} requests"
    versions = []
    for number, message in enumerate(new.received):
        provenance = dict(message.properties.UserProperty)["millrace.provenance"]
        version = int(provenance.rsplit("model/LSTM@", 1)[1])
        column = {1: "lstm", 2: "lstm-2"}[version]
        assert is_answer(message.payload.decode(), number, column), (number, message.payload, ANSWERS[number % len(ROWS)])
        if not versions or versions[-1] != version:
            versions.append(version)
    old.close()
    new.close()
    print(f"{sent} requests and answers, versions {versions}")


def reading(value):
    return json.dumps(
        {
            "station_id": 1161114002,
            "parameter_id": 122,
            "value": value,
            "unix_timestamp": 1492516859296502400 + value * 900_000_000_000,
        }
    )


WINDOW = (
    '{"station_id":1161114002,"parameter_id":122,"norm_1":0.07405237301122279,"norm_2":-0.003109929237841972,'
    '"norm_3":-0.08027223148690674,"norm_4":-0.1574345337359715,"norm_5":-0.23459683598503628,'
    '"norm_6":-0.31175913823410106}'
)


def readings(port, ca, user, password, first, last):
    """Sends the loads from first to last; 13 completes the documented window."""
    client = Client(port, "meter", user=(user, password), ca=ca)
    client.subscribe(f"forecast/{user}")
    client.subscribe(f"outqueue/{user}/windows")
    for value in range(int(first), int(last) + 1):
        client.send(f"readings/{user}", reading(value), qos=1).wait_for_publish(DEADLINE)
    if int(last) == 13:
        client.wait_for(2)
        assert client.payloads(f"outqueue/{user}/windows") == [WINDOW], client.payloads()
        forecast = json.loads(client.payloads(f"forecast/{user}")[0])
        assert abs(forecast["LSTM"] - ANSWERS[0]["lstm"]) <= TOLERANCE, forecast
        assert forecast["norm_1"] == ROWS[0]["norm_1"] and forecast["norm_6"] == ROWS[0]["norm_6"], forecast
    else:
        time.sleep(QUIET)
        assert not client.received, client.payloads()
    client.close()
    print("readings sent")


scenario, arguments = sys.argv[1], sys.argv[3:]
{"bad": bad, "tenants": tenants, "reply": reply, "stream": stream, "readings": readings}[scenario](
    int(arguments[0]), *arguments[1:]
)
