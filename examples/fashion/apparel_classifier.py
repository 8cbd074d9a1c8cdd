"""Names the piece of clothing in a picture.

Millrace imports this file once and then calls main(ctx, msg) for every message of the pipeline.
A message is a msgpack map; its field "image" holds 28 rows of 28 pixels, each a list of one number
from 0 (background) to 1.

The pipeline chooses with the parameter `output` what goes on to its destination:
  message      the message as it came in (this is also what happens without the parameter)
  prediction   JSON such as {"label": "Bag", "index": 8, "confidence": 0.975674689}; if the message
               carries an "id", the answer carries the same, so that a sender can match the two
"""

import json
import logging
import os

import msgpack
import numpy
import requests

MODEL = "fashion_classifier"
VERSION = 1
LABELS = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
]  # fmt: skip

# Host and port of the model server, set by Millrace for every function.
ENDPOINT = os.environ["AI_INFERENCE_ENDPOINT"]
URL = f"http://{ENDPOINT}/v1/models/{MODEL}/versions/{VERSION}:infer"

# One session for all messages keeps its connection open. The model server is always called
# directly, so settings for a web proxy, if the machine has any, are not for this session.
session = requests.Session()
session.trust_env = False

logging.info("Apparel classifier asks %s", URL)


def main(ctx, msg):
    output = ctx.get_config().get("output", "message")
    if output not in ("message", "prediction"):
        raise ValueError(f"The parameter output is '{output}', expected message or prediction")

    picture = msgpack.unpackb(msg, raw=False)
    probabilities = infer(picture["image"])
    index = int(numpy.argmax(probabilities))
    label, confidence = LABELS[index], probabilities[index]
    logging.info("Prediction: %s, Confidence: %s", label, confidence)

    if output == "message":
        ctx.send(msg)
        return
    prediction = {"label": label, "index": index, "confidence": confidence}
    if "id" in picture:
        prediction["id"] = picture["id"]
    ctx.send(json.dumps(prediction).encode())


def infer(image):
    """The ten probabilities of one picture."""
    request = {"signature_name": "serving_default", "instances": [image]}
    response = session.post(URL, json=request, timeout=30)
    if response.status_code != 200:
        error = error_of(response)
        logging.error("Inference failed with status %s: %s", response.status_code, error)
        raise RuntimeError(f"The model server answered {response.status_code}: {error}")
    return response.json()["predictions"][0]


def error_of(response):
    try:
        return response.json()["error"]
    except (ValueError, KeyError, TypeError):  # not JSON, or not the usual {"error": "..."}
        return response.text
