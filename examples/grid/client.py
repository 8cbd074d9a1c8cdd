#!/usr/bin/env python3
"""A client as users of such services have it: one request a row, and whatever comes is printed.

    pip install paho-mqtt
    python client.py client.json rows.csv

It speaks MQTT 3.1.1 without TLS, user or password; its client id is fixed and its session is kept
(clean session 0). Requests are QoS 0, it waits for no answer between them, and it goes on for ever
unless --count says how many. When the server goes away and comes back, it connects anew by itself.
"""

import argparse
import csv
import itertools
import json
import random
import signal
import sys
import threading
import time

try:
    import paho.mqtt.client as mqtt
except ImportError as error:
    sys.exit(f"client.py needs paho-mqtt ({error}): pip install paho-mqtt")

KEYS = [f"norm_{k}" for k in range(1, 7)]


class Client:
    """Note that in the configuration a party PUBLISHES to its in_queue and SUBSCRIBES to its out_queue."""

    def __init__(self, configuration: dict):
        self.broker = configuration["broker_service"]
        self.publish_to = configuration["queue_info"]["in_queue"]
        self.subscribe_to = configuration["queue_info"]["out_queue"]
        self.connected = threading.Event()
        self.answers = 0
        self.unsent = 0
        settings = {
            "client_id": configuration["client_info"]["id"],
            "clean_session": False,
            "protocol": mqtt.MQTTv311,
        }
        if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
            settings["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
        self.client = mqtt.Client(**settings)
        self.client.reconnect_delay_set(min_delay=1, max_delay=4)
        self.client.on_connect = self.on_connect
        self.client.on_disconnect = self.on_disconnect
        self.client.on_message = self.on_message

    # The last arguments of these differ between paho-mqtt 1.6 and 2, hence *_.

    def on_connect(self, client, _userdata, _flags, reason, *_):
        print(f"Connected: {reason}", flush=True)
        client.subscribe(self.subscribe_to, qos=0)  # again after each reconnect; it replaces the old one
        self.connected.set()

    def on_disconnect(self, *_):
        self.connected.clear()
        print("Disconnected", flush=True)

    def on_message(self, _client, _userdata, message):
        self.answers += 1
        print(f"{message.topic} {message.payload.decode()}", flush=True)

    def start(self) -> None:
        self.client.connect(self.broker["url"], self.broker["port"], self.broker["keepalive"])
        self.client.loop_start()
        if not self.connected.wait(10):
            sys.exit("The broker does not answer")

    def send(self, request: dict) -> None:
        if self.client.publish(self.publish_to, json.dumps(request), qos=0).rc != mqtt.MQTT_ERR_SUCCESS:
            self.unsent += 1  # not connected; QoS 0 waits for nobody

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def main() -> int:
    options = arguments()
    with open(options.configuration, encoding="utf-8") as file:
        client = Client(json.load(file))
    with open(options.rows, newline="", encoding="utf-8") as file:
        requests = [{key: float(row[key]) for key in KEYS} for row in csv.DictReader(file)]
    try:
        client.start()
    except OSError as error:
        print(f"No connection to the broker: {error}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it as Ctrl-C does
    sent = 0
    try:
        for request in itertools.islice(itertools.cycle(requests), options.count):
            sent += 1
            client.send(request)
            time.sleep(random.uniform(0.005, options.pause))
    except KeyboardInterrupt:
        pass
    wait_for(client, sent - client.unsent)
    client.stop()
    print(f"{sent} requests, {client.unsent} of them while away, {client.answers} answers")
    return 0


def wait_for(client: Client, sent: int) -> None:
    """Until all is answered, or nothing has come for two seconds."""
    answers, deadline = client.answers, time.monotonic() + 2
    while client.answers < sent and time.monotonic() < deadline:
        time.sleep(0.05)
        if client.answers > answers:
            answers, deadline = client.answers, time.monotonic() + 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Send rows of a CSV to a model over MQTT, and print its answers.")
    parser.add_argument("configuration", help="such as client.json")
    parser.add_argument("rows", help="CSV with the columns norm_1 to norm_6, such as rows.csv")
    parser.add_argument("--count", type=int, help="how many requests to send; for ever unless given")
    parser.add_argument("--pause", type=float, default=1.0, help="the longest between two, in seconds (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
