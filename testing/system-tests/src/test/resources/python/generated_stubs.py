"""Stubs that grpcio-tools makes of the published .proto, typed and raw, and what goes wrong."""

import argparse
import struct
import sys
import tempfile

import grpc
import numpy as np
from grpc_tools import protoc

import checks
from second_opinion import Opinion

parser = argparse.ArgumentParser()
parser.add_argument("--address", required=True)
parser.add_argument("--proto", required=True, help="the folder of inference.proto")
parser.add_argument("--models", required=True)
parser.add_argument("--answers", required=True)
parser.add_argument("--limit", type=int, required=True, help="the server's largest message")
options = parser.parse_args()

stubs = tempfile.TemporaryDirectory()
assert (
    protoc.main(
        [
            "protoc",
            f"-I{options.proto}",
            f"--python_out={stubs.name}",
            f"--grpc_python_out={stubs.name}",
            "inference.proto",
        ]
    )
    == 0
)
sys.path.insert(0, stubs.name)
import inference_pb2 as pb  # noqa: E402
import inference_pb2_grpc as rpc  # noqa: E402

channel = grpc.insecure_channel(
    options.address, options=[("grpc.max_receive_message_length", -1)]
)
server = rpc.GRPCInferenceServiceStub(channel)
opinion = Opinion(options.models, options.answers)
X = np.array([[1, 2, 3], [-4, 0.5, 1e-9]], dtype=np.float32)


def request(model="scaling", name="x", datatype="FP32", shape=(2, 3), **contents):
    made = pb.ModelInferRequest(model_name=model)
    tensor = made.inputs.add(name=name, datatype=datatype, shape=shape)
    for field, values in contents.items():
        getattr(tensor.contents, field).extend(values)
    return made


def refused(made, code, *words):
    error = checks.fails(lambda: server.ModelInfer(made, timeout=30), *words)
    assert error.code() == code, f"{error.code()}: {error.details()}"


def typed_in_is_typed_out():
    answer = server.ModelInfer(request(fp32_contents=X.flatten()))
    assert not answer.raw_output_contents
    output = answer.outputs[0]
    assert (output.name, output.datatype, list(output.shape)) == ("y", "FP32", [2, 3])
    expected = opinion.onnx("scaling", x=X)["y"].flatten()
    np.testing.assert_array_equal(np.array(output.contents.fp32_contents, np.float32), expected)


def raw_in_is_raw_out():
    made = request()
    made.raw_input_contents.append(X.tobytes())
    answer = server.ModelInfer(made)
    assert not answer.outputs[0].HasField("contents")
    expected = opinion.onnx("scaling", x=X)["y"].tobytes()
    assert answer.raw_output_contents[0] == expected


def integers_go_by_name_in_any_order():
    made = pb.ModelInferRequest(model_name="adding", model_version="1", id="i")
    for name, values in (("b", [2**61, 2]), ("a", [2**60 + 1, 1])):
        made.inputs.add(name=name, datatype="INT64", shape=[1, 2]).contents.int64_contents.extend(
            values
        )
    made.outputs.add(name="difference")
    answer = server.ModelInfer(made)
    assert answer.id == "i" and answer.model_version == "1"
    assert [o.name for o in answer.outputs] == ["difference"]
    assert list(answer.outputs[0].contents.int64_contents) == [2**60 + 1 - 2**61, -1]


def texts_go_typed_and_raw():
    texts = [b"ab", b"", b"\xff\xfe", "日本".encode()]
    shape = dict(model="echoing", name="text", datatype="BYTES", shape=(2, 2))
    answer = server.ModelInfer(request(**shape, bytes_contents=texts))
    assert list(answer.outputs[0].contents.bytes_contents) == texts
    made = request(**shape)
    made.raw_input_contents.append(b"".join(struct.pack("<I", len(t)) + t for t in texts))
    assert server.ModelInfer(made).raw_output_contents[0] == made.raw_input_contents[0]


def an_alias_is_a_version():
    made = request(fp32_contents=X.flatten())
    made.model_version = "production"
    assert server.ModelInfer(made).model_version == "1"


def other_projects_are_other_worlds():
    made = request(fp32_contents=X.flatten())
    error = checks.fails(
        lambda: server.ModelInfer(made, metadata=[("millrace-project", "nobody")])
    )
    assert error.code() == grpc.StatusCode.NOT_FOUND, error


def lies_about_sizes_are_refused():
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    refused(request(fp32_contents=[1, 2, 3]), invalid, "x", "6", "3")
    for raw in (b"", X.tobytes()[:-1], X.tobytes() + b"\0"):
        made = request()
        made.raw_input_contents.append(raw)
        refused(made, invalid, "x", "6 elements", f"{len(raw)} bytes")
    both = request(fp32_contents=X.flatten())
    both.raw_input_contents.append(X.tobytes())
    refused(both, invalid)
    text = request("echoing", "text", "BYTES", (1, 2))
    text.raw_input_contents.append(struct.pack("<I", 2**31) + b"ab")
    refused(text, invalid, "text")
    refused(request(int64_contents=range(6)), invalid, "x", "fp32_contents")


def impossible_shapes_are_refused():
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    for shape in ((2**31, 1), (2**31, 3), (2**62, 2**62), (-1, 3), (2**21, 2**21, 2**22)):
        refused(request(shape=shape, fp32_contents=[1.0]), invalid, "x")
    refused(request(shape=(6,), fp32_contents=X.flatten()), invalid, "x", "[6]")
    refused(request(datatype="FP33", fp32_contents=X.flatten()), invalid, "FP33")
    refused(request(datatype="INT64", int64_contents=range(6)), invalid, "INT64", "FP32")


def unknown_things_are_not_found():
    missing = grpc.StatusCode.NOT_FOUND
    refused(request("nobody", fp32_contents=X.flatten()), missing, "nobody")
    versioned = request(fp32_contents=X.flatten())
    versioned.model_version = "12"
    refused(versioned, missing, "12")
    signed = request(fp32_contents=X.flatten())
    signed.parameters["signature_name"].string_param = "nobody"
    refused(signed, missing, "nobody")
    error = checks.fails(lambda: server.ModelReady(pb.ModelReadyRequest(name="nobody")))
    assert error.code() == missing, error


def large_messages_are_refused_and_the_connection_lives():
    rows = options.limit // 12 + 1
    made = request(shape=(rows, 3))
    made.raw_input_contents.append(bytes(rows * 12))
    refused(made, grpc.StatusCode.RESOURCE_EXHAUSTED)
    typed_in_is_typed_out()


def no_numbers_travel_as_they_are():
    made = request()
    values = np.array([[np.nan, np.inf, -np.inf], [0, -0.0, 1]], dtype=np.float32)
    made.raw_input_contents.append(values.tobytes())
    answer = np.frombuffer(server.ModelInfer(made).raw_output_contents[0], np.float32)
    np.testing.assert_array_equal(answer.reshape(2, 3), values * 2)


def unknown_methods_are_unimplemented():
    call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfr")
    error = checks.fails(lambda: call(b"", timeout=10))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def bytes_that_are_no_message_are_refused():
    call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
    error = checks.fails(lambda: call(b"\xff\xff\xff\xff\xff", timeout=10))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
    typed_in_is_typed_out()


checks.run(
    [
        typed_in_is_typed_out,
        raw_in_is_raw_out,
        integers_go_by_name_in_any_order,
        texts_go_typed_and_raw,
        an_alias_is_a_version,
        other_projects_are_other_worlds,
        lies_about_sizes_are_refused,
        impossible_shapes_are_refused,
        unknown_things_are_not_found,
        large_messages_are_refused_and_the_connection_lives,
        no_numbers_travel_as_they_are,
        unknown_methods_are_unimplemented,
        bytes_that_are_no_message_are_refused,
    ]
)
