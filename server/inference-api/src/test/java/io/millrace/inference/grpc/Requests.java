package io.millrace.inference.grpc;

import com.google.protobuf.ByteString;
import io.millrace.inference.grpc.proto.InferTensorContents;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** Requests for tests. */
final class Requests {

    private Requests() {}

    static InferInputTensor.Builder input(String name, String datatype, long... shape) {
        var input = InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
        for (long extent : shape) {
            input.addShape(extent);
        }
        return input;
    }

    /** One input {@code x} as plain bytes. */
    static ModelInferRequest raw(String model, String datatype, ByteString bytes, long... shape) {
        return ModelInferRequest.newBuilder()
                .setModelName(model)
                .addInputs(input("x", datatype, shape))
                .addRawInputContents(bytes)
                .build();
    }

    /** One input {@code x} as a list. */
    static ModelInferRequest typed(
            String model, String datatype, InferTensorContents.Builder contents, long... shape) {
        return ModelInferRequest.newBuilder()
                .setModelName(model)
                .addInputs(input("x", datatype, shape).setContents(contents))
                .build();
    }

    static ByteString floats(float... values) {
        var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return ByteString.copyFrom(bytes.array());
    }

    static ByteString hex(String digits) {
        return ByteString.copyFrom(HexFormat.of().parseHex(digits.replace(" ", "")));
    }
}
