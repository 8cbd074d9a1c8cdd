"""Request and reply over Kafka, with kafka-python: every request has an id in a header and names the
topic of its replies; every id comes back with the right answer. A cluster that goes away may keep
records behind one that it loses; then those come once more behind it, so a request's first answer
is always followed by an answer to the next request of its key.

Usage: kafka_requests.py BOOTSTRAP REQUESTS REPLIES COUNT
"""

import json
import sys
import time

from kafka import KafkaConsumer, KafkaProducer

bootstrap, requests, replies, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])

producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", retries=1_000_000, max_block_ms=60_000)
for number in range(count):
    producer.send(
        requests,
        key=f"customer-{number % 7}".encode(),
        value=json.dumps({"x": [number, 2 * number, 3 * number]}).encode(),
        headers=[
            ("correlation-id", str(number).encode()),
            ("kafka_replyTopic", replies.encode()),
            ("millrace.source", b"forged"),
        ],
    )
    if number % 50 == 0:
        producer.flush()
producer.flush()
print("sent", flush=True)

consumer = KafkaConsumer(replies, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
first, last = {}, {}
place = 0
quiet = 0
deadline = time.monotonic() + 150
while (len(first) < count or quiet < 4) and time.monotonic() < deadline:
    polled = consumer.poll(timeout_ms=500)
    quiet = 0 if polled else quiet + 1
    for records in polled.values():
        for record in records:
            headers = {name: value.decode() for name, value in record.headers}
            number = int(headers["correlation-id"])
            answer = json.loads(record.value)
            assert answer == {"scaled": [3.0 * number, 6.0 * number, 9.0 * number]}, (number, answer)
            assert record.key.decode() == f"customer-{number % 7}", record.key
            assert "model/scale@1" in headers["millrace.provenance"], headers
            assert headers.get("millrace.source") != "forged", headers
            place += 1
            first.setdefault(number, place)
            last[number] = place
missing = sorted(set(range(count)) - set(first))
assert not missing, f"{len(missing)} requests without an answer: {missing[:10]}"
for number in range(count - 7):
    follower = number + 7
    assert last[follower] > first[number], f"no {follower} came after {number}"
print(f"{len(first)} answers, {place - len(first)} repeated")
