"""The common practice: one Keras predict and one send for each record.

Prints the records per second over COUNT records, the first ten left out.
Usage: consumer.py BOOTSTRAP FROM TO COUNT
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from kafka import KafkaConsumer, KafkaProducer

bootstrap, source, target, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
model = keras.Sequential(
    [keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
)
consumer = KafkaConsumer(source, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
begin = 0.0
for number, record in enumerate(consumer):
    if number == 10:
        begin = time.perf_counter()
    picture = np.frombuffer(record.value, np.uint8).reshape(1, 28, 28) / 255.0
    answer = model.predict(picture, verbose=0)
    producer.send(target, answer.astype(np.float32).tobytes())
    if number == count + 9:
        break
producer.flush()
print(count / (time.perf_counter() - begin))
