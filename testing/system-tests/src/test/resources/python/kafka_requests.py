"""Request and reply over Kafka, with kafka-python: every request has an id in a header and names the
topic of its replies; every id comes back with the right answer.

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
answers = {}
order = {}
deadline = time.monotonic() + 90
while len(answers) < count and time.monotonic() < deadline:
    for records in consumer.poll(timeout_ms=500).values():
        for record in records:
            headers = {name: value.decode() for name, value in record.headers}
            number = int(headers["correlation-id"])
            answer = json.loads(record.value)
            assert answer == {"scaled": [3.0 * number, 6.0 * number, 9.0 * number]}, (number, answer)
            assert record.key.decode() == f"customer-{number % 7}", record.key
            assert "model/scale@1" in headers["millrace.provenance"], headers
            assert headers.get("millrace.source") != "forged", headers
            if number not in answers:
                last = order.get(record.key, -1)
                assert number > last, f"{number} came after {last}"
                order[record.key] = number
            answers[number] = answer
missing = sorted(set(range(count)) - set(answers))
assert not missing, f"{len(missing)} requests without an answer: {missing[:10]}"
print(f"{len(answers)} answers")
