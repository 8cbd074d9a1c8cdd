#!/usr/bin/env python3
"""An MQTT client as a user would write it: publishes pictures and prints the predictions.

    pip install paho-mqtt msgpack
    ./millrace sources certs mqtt-camera --project fashion -o certs.zip && unzip certs.zip -d certs
    python client.py --certs certs --count 10

It speaks MQTT 3.1.1 over TLS 1.2 with a client certificate, leaves the client id empty, and
subscribes right after CONNECT without waiting for the answer. Exit code 0 means that every picture
was answered.
"""

import argparse
import json
import ssl
import sys
import threading
import time
from pathlib import Path

try:
    import msgpack
    import paho.mqtt.client as mqtt
except ImportError as error:
    sys.exit(f"client.py needs two packages ({error}): pip install paho-mqtt msgpack")

import idx

SAMPLE = Path(__file__).resolve().parent / "data"
IMAGES_TOPIC = "apparel_images"
ANSWERS_TOPIC = "apparel-predict"
LABELS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


def main() -> int:
    options = arguments()
    pictures, labels = idx.read_pictures(SAMPLE, "fashion-mnist-sample")
    conversation = Conversation(labels)
    client = new_client(options.certs)
    conversation.listen_with(client, options.qos)

    print(f"Connecting to {options.host}:{options.port} ...")
    try:
        client.connect(options.host, options.port, keepalive=60)
    except (OSError, ssl.SSLError) as error:
        print(f"No connection to {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    client.subscribe(ANSWERS_TOPIC, options.qos)
    client.loop_start()
    try:
        return talk(client, conversation, pictures, options)
    except KeyboardInterrupt:
        return 130
    finally:
        client.disconnect()
        client.loop_stop()


def talk(client: mqtt.Client, conversation: "Conversation", pictures: list[bytes], options: argparse.Namespace) -> int:
    if not conversation.subscribed.wait(options.timeout):
        print(f"No subscription to {ANSWERS_TOPIC} within {options.timeout:g} s", file=sys.stderr)
        return 1
    if conversation.refusal:
        print(conversation.refusal, file=sys.stderr)
        return 1
    for number in range(options.count):
        if number > 0:
            time.sleep(options.interval)
        message = packed(pictures[number % len(pictures)], number if options.with_id else None)
        conversation.sending(number)
        client.publish(IMAGES_TOPIC, message, options.qos)
        print(f"{number}: published {len(message)} bytes", flush=True)
    answered = conversation.wait_for(options.count, options.timeout)
    print(f"{answered} of {options.count} answered")
    return 0 if answered == options.count else 1


def packed(picture: bytes, number: int | None) -> bytes:
    """A msgpack map with 28 rows of 28 pixels, each a list of one number from 0 to 1."""
    message = {
        "image": [[[pixel / 255] for pixel in picture[start : start + 28]] for start in range(0, 784, 28)],
        "dtype": "float64",
        "height": 28,
        "width": 28,
    }
    if number is not None:
        message["id"] = number
    return msgpack.packb(message)


class Conversation:
    """What was sent and what came back; the methods on_... run on the thread of the MQTT client."""

    def __init__(self, labels: bytes):
        self.labels = labels
        self.subscribed = threading.Event()
        self.refusal = ""
        self.connected_before = False
        self.qos = 0
        self.sent_at: dict[int, float] = {}
        self.answers = 0
        self.answered_ids: set[int] = set()
        self.changed = threading.Condition()

    def listen_with(self, client: mqtt.Client, qos: int) -> None:
        self.qos = qos
        client.on_connect = self.on_connect
        client.on_disconnect = self.on_disconnect
        client.on_subscribe = self.on_subscribe
        client.on_message = self.on_message

    def sending(self, number: int) -> None:
        with self.changed:
            self.sent_at[number] = time.perf_counter()

    def wait_for(self, count: int, seconds: float) -> int:
        """How many were answered, at the latest after so many seconds without an answer."""
        with self.changed:
            while self.answers < count and self.changed.wait(seconds):
                pass
            return self.answers

    # The last arguments of these differ between paho-mqtt 1.6 and 2, hence *_.

    def on_connect(self, client, _userdata, _flags, reason, *_):
        if reason != 0:
            self.refusal = f"The broker refused the connection: {reason}"
            self.subscribed.set()
            return
        print("Connected", flush=True)
        if self.connected_before:  # a clean session forgets the subscription
            client.subscribe(ANSWERS_TOPIC, self.qos)
        self.connected_before = True

    def on_disconnect(self, _client, _userdata, *_):
        print("Disconnected", flush=True)

    def on_subscribe(self, _client, _userdata, _message_id, reasons, *_):
        if any(getattr(reason, "value", reason) >= 128 for reason in reasons):
            self.refusal = f"The broker refused the subscription to {ANSWERS_TOPIC}"
        self.subscribed.set()

    def on_message(self, _client, _userdata, message):
        answer = answer_of(message.payload)
        number = answer.get("id")
        with self.changed:
            if number is not None and number in self.answered_ids:
                print(f"{number}: answered again", flush=True)
                return
            print(self.described(answer, len(message.payload), number, self.sent_at.get(number)), flush=True)
            self.answered_ids.add(number)
            self.answers += 1
            self.changed.notify_all()

    def described(self, answer: dict, size: int, number: int | None, sent_at: float | None) -> str:
        if "label" not in answer:
            return f"   a message of {size} bytes"
        prediction = f"{answer['label']}, confidence {answer['confidence']:.3f}"
        if number is None or sent_at is None:
            return f"   {prediction}"
        truth = LABELS[self.labels[number % len(self.labels)]]
        milliseconds = (time.perf_counter() - sent_at) * 1000
        return f"{number}: {prediction}, is {truth}, {milliseconds:.1f} ms"


def answer_of(payload: bytes) -> dict:
    """A prediction, or nothing where the pipeline forwards the pictures themselves."""
    try:
        answer = json.loads(payload)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def new_client(certificates: Path) -> mqtt.Client:
    settings = {"client_id": "", "clean_session": True, "protocol": mqtt.MQTTv311}
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
        settings["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
    client = mqtt.Client(**settings)
    client.tls_set_context(tls_1_2(certificates))
    return client


def tls_1_2(certificates: Path) -> ssl.SSLContext:
    """Checks that the broker's certificate comes from ca.crt, but not the host name: clients use addresses."""
    for name in ("ca.crt", "client.crt", "client.key"):
        if not (certificates / name).is_file():
            sys.exit(
                f"{certificates / name} is missing. Get the three files with\n"
                "  ./millrace sources certs mqtt-camera --project fashion -o certs.zip"
            )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    try:
        context.load_verify_locations(certificates / "ca.crt")
        context.load_cert_chain(certificates / "client.crt", certificates / "client.key")
    except (OSError, ssl.SSLError) as error:
        sys.exit(f"The certificates in {certificates} cannot be used: {error}")
    return context


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publish pictures over MQTT and print the predictions.")
    parser.add_argument("--host", default="localhost", help="of the broker (default: %(default)s)")
    parser.add_argument("--port", type=int, default=1883, help="of the broker (default: %(default)s)")
    parser.add_argument(
        "--certs",
        type=Path,
        default=Path("certs"),
        metavar="DIR",
        help="folder of ca.crt, client.crt and client.key (default: %(default)s)",
    )
    parser.add_argument("--count", type=int, default=10, help="pictures to send (default: %(default)s)")
    parser.add_argument(
        "--interval", type=float, default=1.0, help="seconds from one to the next (default: %(default)s)"
    )
    parser.add_argument("--qos", type=int, choices=(0, 1, 2), default=0, help="(default: %(default)s)")
    parser.add_argument(
        "--with-id",
        action="store_true",
        help="number the pictures; the answers then show the true label and the time taken",
    )
    parser.add_argument(
        "--timeout", type=float, default=30.0, help="seconds to wait for an answer (default: %(default)s)"
    )
    options = parser.parse_args()
    if options.count < 1 or options.interval < 0 or options.timeout <= 0:
        parser.error("--count and --timeout must be positive, --interval must not be negative")
    return options


if __name__ == "__main__":
    sys.exit(main())
