"""Sends the digits with the sender kit, raw and as Avro records.

Usage: sender_kit.py FOLDER_OF_KIT BOOTSTRAP DIGITS
"""

import sys

sys.path.insert(0, sys.argv[1])

import numpy
from millrace_sender import AvroSender, RawSender

bootstrap, path = sys.argv[2], sys.argv[3]
with numpy.load(path) as arrays:
    x, y = arrays["x"], arrays["y"]

with RawSender(bootstrap, "digits-kit", 300, validation=0.1, test=0.1, description="digits") as sender:
    for image, label in zip(x, y):
        sender.send(image, label)

pixels = [{"name": f"pixel{i}", "type": "float"} for i in range(64)]
with AvroSender(
    bootstrap,
    "digits-avro-kit",
    300,
    data_schema={"type": "record", "name": "Digit", "fields": pixels},
    label_schema={"type": "record", "name": "Label", "fields": [{"name": "digit", "type": "int"}]},
) as sender:
    for image, label in zip(x[:100], y):
        sender.send({f"pixel{i}": value for i, value in enumerate(image.ravel())}, {"digit": label})
