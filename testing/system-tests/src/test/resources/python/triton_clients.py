"""Triton's own clients, over HTTP and over gRPC, against a server of Millrace."""

import argparse

import numpy as np
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException

import checks
from second_opinion import Opinion

parser = argparse.ArgumentParser()
parser.add_argument("--protocol", choices=["http", "grpc"], required=True)
parser.add_argument("--address", required=True)
parser.add_argument("--models", required=True)
parser.add_argument("--answers", required=True)
options = parser.parse_args()
is_http = options.protocol == "http"
triton = tritonclient.http if is_http else tritonclient.grpc
client = triton.InferenceServerClient(options.address)
opinion = Opinion(options.models, options.answers)
TEXTS = np.array([["a", "grün"], ["", "日本"]], dtype=np.object_)


def tensor(name, values, datatype, binary=True):
    made = triton.InferInput(name, list(values.shape), datatype)
    if is_http:
        made.set_data_from_numpy(values, binary_data=binary)
    else:
        made.set_data_from_numpy(values)
    return made


def wanted(name, binary=True):
    if is_http:
        return triton.InferRequestedOutput(name, binary_data=binary)
    return triton.InferRequestedOutput(name)


def metadata(model, version=""):
    """As plain types, whatever the protocol."""
    if is_http:
        return client.get_model_metadata(model, version)
    found = client.get_model_metadata(model, version, as_json=True)
    for kind in ("inputs", "outputs"):
        for item in found[kind]:
            item["shape"] = [int(extent) for extent in item["shape"]]
    return found


def numbers(rows=2):
    return np.arange(rows * 3, dtype=np.float32).reshape(rows, 3) / 7


def integers():
    a = np.array([[1, 2**53 + 1], [-3, 2**62]], dtype=np.int64)
    return a, np.array([[5, 7], [11, -(2**61)]], dtype=np.int64)


def state(model):
    index = client.get_model_repository_index()
    if not is_http:
        index = [{"name": m.name, "version": m.version, "state": m.state} for m in index.models]
    return {entry["version"]: entry["state"] for entry in index if entry["name"] == model}


def server_is_live_and_ready():
    assert client.is_server_live()
    assert client.is_server_ready()


def server_says_what_it_can():
    if is_http:
        found = client.get_server_metadata()
    else:
        found = client.get_server_metadata(as_json=True)
    assert found["name"] == "millrace", found
    assert "model_repository" in found["extensions"], found
    if is_http:
        assert "binary_tensor_data" in found["extensions"], found


def models_are_ready_by_name_and_by_version():
    for model in ("scaling", "adding", "echoing", "dense", "fashion"):
        assert client.is_model_ready(model), model
        assert client.is_model_ready(model, "1"), model


def metadata_says_names_types_and_shapes():
    found = metadata("adding")
    assert found["name"] == "adding" and found["platform"] == "onnx_onnxv1", found
    assert found["versions"] == ["1"], found
    assert {(i["name"], i["datatype"], tuple(i["shape"])) for i in found["inputs"]} == {
        ("a", "INT64", (-1, 2)),
        ("b", "INT64", (-1, 2)),
    }, found
    assert [o["name"] for o in found["outputs"]] == ["sum", "difference"], found
    assert metadata("dense")["platform"] == "tensorflow_lite"
    assert metadata("fashion", "1")["platform"] == "tensorflow_savedmodel"
    assert metadata("echoing")["inputs"][0]["datatype"] == "BYTES"


def floats_agree_with_onnx_runtime():
    for rows in (1, 2, 5):
        x = numbers(rows)
        answer = client.infer("scaling", [tensor("x", x, "FP32")])
        expected = opinion.onnx("scaling", x=x)["y"]
        np.testing.assert_array_equal(answer.as_numpy("y"), expected)


def floats_agree_in_json_too():
    x = numbers()
    answer = client.infer(
        "scaling", [tensor("x", x, "FP32", binary=False)], outputs=[wanted("y", binary=False)]
    )
    np.testing.assert_array_equal(answer.as_numpy("y"), opinion.onnx("scaling", x=x)["y"])


def large_integers_stay_exact():
    a, b = integers()
    expected = opinion.onnx("adding", a=a, b=b)
    for binary in (True, False):
        inputs = [tensor("b", b, "INT64", binary), tensor("a", a, "INT64", binary)]
        outputs = [wanted("difference", binary), wanted("sum", binary)]
        answer = client.infer("adding", inputs, outputs=outputs)
        for name in ("sum", "difference"):
            np.testing.assert_array_equal(answer.as_numpy(name), expected[name])


def json_and_binary_mix():
    a, b = integers()
    expected = opinion.onnx("adding", a=a, b=b)
    answer = client.infer(
        "adding",
        [tensor("a", a, "INT64", binary=False), tensor("b", b, "INT64")],
        outputs=[wanted("sum"), wanted("difference", binary=False)],
    )
    for name in ("sum", "difference"):
        np.testing.assert_array_equal(answer.as_numpy(name), expected[name])


def only_wanted_outputs_come():
    a, b = integers()
    inputs = [tensor("a", a, "INT64"), tensor("b", b, "INT64")]
    answer = client.infer("adding", inputs, outputs=[wanted("difference")])
    assert answer.as_numpy("sum") is None
    np.testing.assert_array_equal(answer.as_numpy("difference"), a - b)


def texts_come_back():
    for binary in (True, False):
        given = tensor("text", TEXTS, "BYTES", binary)
        answer = client.infer("echoing", [given], outputs=[wanted("same", binary)])
        found = answer.as_numpy("same")
        assert found.shape == TEXTS.shape
        back = [v if isinstance(v, str) else v.decode() for v in found.flatten()]
        assert back == list(TEXTS.flatten()), found


def ids_come_back():
    answer = client.infer("scaling", [tensor("x", numbers(), "FP32")], request_id="n-17")
    response = answer.get_response()
    assert (response["id"] if is_http else response.id) == "n-17"
    assert (response["model_version"] if is_http else response.model_version) == "1"


def the_lite_model_answers_what_tensorflow_said():
    x, expected = opinion.dense()
    answer = client.infer("dense", [tensor("image", x, "FP32")])
    np.testing.assert_allclose(answer.as_numpy("scores"), expected, atol=1e-5)


def the_saved_model_sees_every_picture_alone():
    described = metadata("fashion")
    name, output = described["inputs"][0]["name"], described["outputs"][0]["name"]
    generator = np.random.default_rng(5)
    pictures = generator.random((4, *described["inputs"][0]["shape"][1:]), dtype=np.float32)
    together = client.infer("fashion", [tensor(name, pictures, "FP32")]).as_numpy(output)
    assert together.shape == (4, 10)
    np.testing.assert_allclose(together.sum(axis=1), np.ones(4), atol=1e-5)
    for i in range(4):
        alone = client.infer("fashion", [tensor(name, pictures[i : i + 1], "FP32")])
        np.testing.assert_allclose(alone.as_numpy(output)[0], together[i], atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-4, "all pictures look the same"


def calls_may_overlap():
    def call(i):
        inputs = [tensor("x", np.full((1, 3), i, dtype=np.float32), "FP32")]
        if is_http:
            return client.async_infer("scaling", inputs)
        answers = []
        handle = client.async_infer(
            "scaling", inputs, callback=lambda result, error: answers.append((result, error))
        )
        return answers, handle

    for i, pending in enumerate([call(i) for i in range(32)]):
        if is_http:
            result = pending.get_result()
        else:
            result = awaited(pending[0])
        np.testing.assert_array_equal(result.as_numpy("y"), np.full((1, 3), 2 * i))


def awaited(answers):
    import time

    deadline = time.monotonic() + 30
    while not answers and time.monotonic() < deadline:
        time.sleep(0.002)
    result, error = answers[0]
    if error is not None:
        raise error
    return result


def unloaded_models_are_not_ready_and_come_back():
    assert state("scaling") == {"1": "READY"}, state("scaling")
    client.unload_model("scaling")
    assert not client.is_model_ready("scaling")
    assert state("scaling")["1"] != "READY", state("scaling")
    error = checks.fails(
        lambda: client.infer("scaling", [tensor("x", numbers(), "FP32")]), "scaling", "not ready"
    )
    assert isinstance(error, InferenceServerException)
    assert error.status() in ("503", "StatusCode.UNAVAILABLE"), error.status()
    client.load_model("scaling")
    assert client.is_model_ready("scaling")
    floats_agree_with_onnx_runtime()


def unknown_names_are_not_found():
    x = tensor("x", numbers(), "FP32")
    missing = ("404", "StatusCode.NOT_FOUND")
    for model, version in (("nobody", ""), ("scaling", "9"), ("scaling", "nobody")):
        error = checks.fails(lambda: client.infer(model, [x], model_version=version), model)
        assert error.status() in missing, error.status()
    assert checks.fails(lambda: metadata("nobody"), "nobody").status() in missing
    assert checks.fails(lambda: client.unload_model("nobody"), "nobody").status() in missing
    assert checks.fails(lambda: client.load_model("nobody"), "nobody").status() in missing


def wrong_inputs_say_expected_and_got():
    refused = ("400", "StatusCode.INVALID_ARGUMENT")
    cases = [
        ([tensor("x", np.zeros((2, 4), np.float32), "FP32")], ("x", "3", "4")),
        ([tensor("x", np.zeros(3, np.float32), "FP32")], ("x", "[3]")),
        ([tensor("x", np.zeros((1, 3), np.int64), "INT64")], ("x", "FP32", "INT64")),
        ([tensor("z", numbers(), "FP32")], ("x",)),
        ([], ("x",)),
    ]
    for inputs, words in cases:
        error = checks.fails(lambda: client.infer("scaling", inputs), *words)
        assert error.status() in refused, error.status()
    error = checks.fails(
        lambda: client.infer("scaling", cases and [tensor("x", numbers(), "FP32")], outputs=[wanted("q")]),
        "q",
    )
    assert error.status() in refused, error.status()


def signatures_go_by_name():
    x = [tensor("x", numbers(), "FP32")]
    error = checks.fails(
        lambda: client.infer("scaling", x, parameters={"signature_name": "nobody"}), "nobody"
    )
    assert error.status() in ("404", "StatusCode.NOT_FOUND"), error.status()


checks.run(
    [
        server_is_live_and_ready,
        server_says_what_it_can,
        models_are_ready_by_name_and_by_version,
        metadata_says_names_types_and_shapes,
        floats_agree_with_onnx_runtime,
        floats_agree_in_json_too,
        large_integers_stay_exact,
        json_and_binary_mix,
        only_wanted_outputs_come,
        texts_come_back,
        ids_come_back,
        the_lite_model_answers_what_tensorflow_said,
        the_saved_model_sees_every_picture_alone,
        calls_may_overlap,
        unloaded_models_are_not_ready_and_come_back,
        unknown_names_are_not_found,
        wrong_inputs_say_expected_and_got,
        signatures_go_by_name,
    ]
)
