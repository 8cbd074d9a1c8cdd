package io.millrace.bench;

import com.google.protobuf.ByteString;
import io.millrace.api.MillraceException;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Calls {@code ModelInfer} with raw tensors. Speaks just enough of HTTP/2 over bare sockets,
 * because a gRPC library would take more from the server's processors than many servers need
 * themselves.
 */
final class GrpcLoad extends Load {

    private static final String PATH = "/inference.GRPCInferenceService/ModelInfer";
    private static final int MESSAGE_HEAD = 5;
    private static final int CLASSES = 10;

    private final int port;
    private final int batch;
    private final byte[] headers;
    private final byte[] message;

    /**
     * Pictures for a model of {@link OnnxModels}.
     *
     * @param raw the pictures as float32
     */
    GrpcLoad(int port, String model, int batch, byte[] raw) {
        this.port = port;
        this.batch = batch;
        var input =
                ModelInferRequest.InferInputTensor.newBuilder()
                        .setName(OnnxModels.INPUT)
                        .setDatatype("FP32")
                        .addShape(batch)
                        .addShape(28)
                        .addShape(28)
                        .addShape(1);
        byte[] request =
                ModelInferRequest.newBuilder()
                        .setModelName(model)
                        .setId("1")
                        .addInputs(input)
                        .addRawInputContents(ByteString.copyFrom(raw))
                        .build()
                        .toByteArray();
        this.message = framed(request);
        this.headers = headers(port);
    }

    /** Fails unless the server's answer is what was asked for. */
    void check() throws IOException {
        try (var caller = connect()) {
            caller.call();
            byte[] answer = caller.answer();
            var scores = ModelInferResponse.parseFrom(answer);
            int bytes =
                    scores.getRawOutputContentsCount() == 1
                            ? scores.getRawOutputContents(0).size()
                            : scores.getOutputs(0).getContents().getFp32ContentsCount()
                                    * Float.BYTES;
            if (bytes != batch * CLASSES * Float.BYTES) {
                throw MillraceException.internal(
                        "expected scores of " + batch + " pictures, got " + scores, null);
            }
        }
    }

    @Override
    Connection connect() throws IOException {
        return new Connection(
                new Http2Client(new Socket(InetAddress.getLoopbackAddress(), port)),
                headers,
                message);
    }

    /** The message with the head that gRPC puts before it: not compressed, its length. */
    private static byte[] framed(byte[] request) {
        var bytes = new byte[MESSAGE_HEAD + request.length];
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[1 + i] = (byte) (request.length >>> (24 - 8 * i));
        }
        System.arraycopy(request, 0, bytes, MESSAGE_HEAD, request.length);
        return bytes;
    }

    /** Headers in HPACK's form, nothing of it remembered by the other side. */
    private static byte[] headers(int port) {
        var out = new ByteArrayOutputStream();
        out.write(0x83); // :method POST
        out.write(0x86); // :scheme http
        out.write(0x04); // :path
        text(out, PATH);
        out.write(0x01); // :authority
        text(out, "127.0.0.1:" + port);
        out.write(0x0f); // content-type, number 31 of the static table
        out.write(0x10);
        text(out, "application/grpc");
        out.write(0x00);
        text(out, "te");
        text(out, "trailers");
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String value) {
        out.write(value.length()); // all are shorter than 127
        out.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
    }

    /** One call at a time. */
    record Connection(Http2Client http, byte[] headers, byte[] message) implements Caller {

        @Override
        public int call() throws IOException {
            int length = http.exchange(headers, message);
            if (length < MESSAGE_HEAD) {
                throw MillraceException.internal("the call failed: an answer without data", null);
            }
            return length;
        }

        byte[] answer() {
            byte[] data = http.data();
            return java.util.Arrays.copyOfRange(data, MESSAGE_HEAD, data.length);
        }

        @Override
        public void close() throws IOException {
            http.close();
        }
    }
}
