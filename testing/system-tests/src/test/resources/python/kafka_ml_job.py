"""A user of Kafka-ML at work: its REST interface by urllib, its protocol by kafka-python (any version from 2.0.2 on).

Usage: kafka_ml_job.py define   REST FORMAT EPOCHS [pth]
       kafka_ml_job.py send     REST BOOTSTRAP DIGITS FORMAT
       kafka_ml_job.py await    REST SECONDS
       kafka_ml_job.py serve    REST BOOTSTRAP DIGITS FORMAT SECONDS
"""

import json
import sys
import time
import urllib.error
import urllib.request

import numpy

HELD_BACK = 297
SHALLOW = """
model = keras.Sequential([
    keras.layers.Flatten(input_shape={shape}),
    keras.layers.Rescaling(1 / 16),
    keras.layers.Dense(10)])
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    optimizer=keras.optimizers.SGD(lr=0.0001), metrics=['accuracy'])
"""
DEEP = """
model = keras.Sequential([
    keras.layers.Flatten(input_shape={shape}),
    keras.layers.Rescaling(1 / 16),
    keras.layers.Dense(64, activation='relu'),
    keras.layers.Dense(10, activation='softmax')])
model.compile(loss='sparse_categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
"""
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), {layers})

    def forward(self, x):
        return self.layers(x / 16)

    def loss_fn(self):
        return nn.CrossEntropyLoss()

    def optimizer(self):
        return optim.{optimizer}

model = Net()
"""
PTH = (
    NET.replace("{layers}", "nn.Linear(64, 10)").replace("{optimizer}", "SGD(self.parameters(), lr=0.0001)"),
    NET.replace("{layers}", "nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)").replace(
        "{optimizer}", "Adam(self.parameters(), lr=0.003)"
    ),
)


def call(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=900) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"{method} {url}: {refused.code} {refused.read().decode()}")


def get(url):
    return json.loads(call("GET", url)[1])


def digits(path):
    """What is sent for training, and what the model never sees."""
    with numpy.load(path) as arrays:
        x, y = arrays["x"], arrays["y"]
    order = numpy.random.default_rng(5).permutation(len(x))
    x, y = x[order], y[order]
    return (x[:-HELD_BACK], y[:-HELD_BACK]), (x[-HELD_BACK:], y[-HELD_BACK:])


def avro_schemas():
    pixels = [{"name": f"pixel{i}", "type": "float"} for i in range(64)]
    data = {"type": "record", "name": "Digit", "namespace": "uci", "fields": pixels}
    label = {"type": "record", "name": "Label", "namespace": "uci", "fields": [{"name": "digit", "type": "int"}]}
    return json.dumps(data, indent=1), json.dumps(label, indent=1)


def encode(image, format):
    return image.tobytes() if format == "RAW" else image.astype("<f4").tobytes()


def label_key(label, format):
    # The Avro datum of a small int is its double.
    return bytes([label]) if format == "RAW" else bytes([2 * int(label)])


def define(rest, format, epochs, framework="tf"):
    shape = "(8, 8)" if format == "RAW" else "(64,)"
    codes = (SHALLOW, DEEP) if framework == "tf" else PTH
    for name, code in zip(("shallow", "deep"), codes):
        body = {"name": f"{name} {format}", "description": "digits", "imports": "", "code": code.replace("{shape}", shape)}
        body["framework"] = framework
        status, answer = call("POST", f"{rest}/models/", body)
        assert (status, answer) == (201, b""), (status, answer)
    models = [model["id"] for model in get(f"{rest}/models/") if model["name"].endswith(format)]
    configuration = {"name": f"digits {format}", "description": "", "ml_models": models}
    assert call("POST", f"{rest}/configurations/", configuration) == (201, b"")
    newest = get(f"{rest}/configurations/")[0]
    deployment = {
        "batch": 32,
        "tf_kwargs_fit": f"epochs={epochs}, shuffle=True" if framework == "tf" else "",
        "tf_kwargs_val": "",
        "pth_kwargs_fit": f"max_epochs={epochs}, shuffle=True" if framework == "pth" else "",
        "pth_kwargs_val": "",
        "conf_mat_settings": True,
        "gpumem": 0,
        "configuration": newest["id"],
    }
    assert call("POST", f"{rest}/deployments/", deployment) == (201, b"")
    print("deployment", get(f"{rest}/deployments/")[0]["id"])


def send(rest, bootstrap, path, format):
    from kafka import KafkaConsumer, KafkaProducer, TopicPartition

    deployment = get(f"{rest}/deployments/")[0]["id"]
    topic = f"digits-{format.lower()}"
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks=1)
    partitions = sorted(producer.partitions_for(topic))
    reader = KafkaConsumer(bootstrap_servers=bootstrap, group_id="sink")
    places = [TopicPartition(topic, partition) for partition in partitions]
    before = reader.end_offsets(places)
    (x, y), _ = digits(path)
    for image, label in zip(x, y):
        producer.send(topic, key=label_key(label, format), value=encode(image, format))
    producer.flush()
    after = reader.end_offsets(places)
    if format == "RAW":
        config = {"data_type": "uint8", "label_type": "uint8", "data_reshape": "8 8", "label_reshape": "1"}
    else:
        data, label = avro_schemas()
        config = {"data_scheme": data, "label_scheme": label}
    ranges = [f"{topic}:{p.partition}:{before[p]}:{after[p]}" for p in places if after[p] > before[p]]
    message = {
        "topic": ",".join(ranges),
        "input_format": format,
        "description": "UCI digits",
        "input_config": config,
        "validation_rate": 0.1,
        "test_rate": 0.1,
        "total_msg": len(x),
    }
    control = "KAFKA_ML_CONTROL_TOPIC" if format == "RAW" else "control"
    producer.send(control, key=bytes([deployment]), value=json.dumps(message).encode()).get(timeout=30)
    producer.close()
    print("sent", len(x))


def await_results(rest, seconds):
    deadline = time.monotonic() + seconds
    deployment = get(f"{rest}/deployments/")[0]["id"]
    while True:
        results = get(f"{rest}/deployments/results/{deployment}")
        states = [result["status"] for result in results]
        if states == ["finished"] * 2:
            print(json.dumps(results))
            return
        assert "stopped" not in states, results
        assert time.monotonic() < deadline, results
        time.sleep(0.5)


def serve(rest, bootstrap, path, format, seconds):
    from kafka import KafkaConsumer, KafkaProducer

    deployment = get(f"{rest}/deployments/")[0]["id"]
    results = get(f"{rest}/deployments/results/{deployment}")
    accuracy = {result["model"]["name"]: result["test_metrics"]["accuracy"][0] for result in results}
    best = max(results, key=lambda result: result["test_metrics"]["accuracy"][0])
    assert best["model"]["name"] == f"deep {format}", accuracy
    chart = get(f"{rest}/results/chart/{best['id']}")
    assert {"loss", "loss_val"} <= {metric["name"] for metric in chart["metrics"]}, chart
    assert call("GET", f"{rest}/results/confusion_matrix/{best['id']}")[1].startswith(b"\x89PNG")
    # HDF5 of Keras, the archive of PyTorch.
    assert call("GET", f"{rest}/results/model/{best['id']}")[1][:4] in (b"\x89HDF", b"PK\x03\x04")
    form = get(f"{rest}/results/inference/{best['id']}")
    assert form["input_format"] == format, form
    inputs, outputs = f"in-{format.lower()}", f"out-{format.lower()}"
    inference = {
        **form,
        "model_result": best["id"],
        "replicas": 1,
        "input_topic": inputs,
        "output_topic": outputs,
        "gpumem": 0,
    }
    assert call("POST", f"{rest}/results/inference/{best['id']}", inference)[0] == 200
    _, (x, y) = digits(path)
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for number, image in enumerate(x):
        producer.send(
            inputs,
            key=b"a",  # keys of requests are their senders' own
            value=encode(image, format),
            headers=[("number", str(number).encode())],
        )
    producer.flush()
    consumer = KafkaConsumer(
        outputs, bootstrap_servers=bootstrap, group_id="output_group", auto_offset_reset="earliest"
    )
    answers = {}
    deadline = time.monotonic() + seconds
    while len(answers) < len(x) and time.monotonic() < deadline:
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                value = json.loads(record.value)
                assert list(value) == ["values"] and len(value["values"]) == 10, value
                assert record.key is None, record.key
                number = int(dict(record.headers)["number"])
                answers[number] = int(numpy.argmax(value["values"]))
    assert len(answers) == len(x), f"{len(answers)} of {len(x)} answered"
    right = sum(answers[number] == label for number, label in enumerate(y)) / len(y)
    consumer.close()
    print(f"right {right:.4f}, accuracies {accuracy}")
    assert right >= 0.93, right


if __name__ == "__main__":
    what, arguments = sys.argv[1], sys.argv[2:]
    if what == "define":
        define(arguments[0], arguments[1], int(arguments[2]), *arguments[3:])
    elif what == "send":
        send(*arguments)
    elif what == "await":
        await_results(arguments[0], float(arguments[1]))
    elif what == "serve":
        serve(*arguments[:4], float(arguments[4]))
    else:
        raise SystemExit(__doc__)
