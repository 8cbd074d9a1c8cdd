package io.millrace.bench;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.json.InferenceJson;
import io.millrace.codec.json.InferenceRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.net.StandardSocketOptions;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * What a prediction cannot cost less than: Helidon alone, which parses the body into 784 floats and
 * answers ten numbers. {@code BareServer jackson|scanner}; it prints its port and stops when its
 * input ends.
 */
public final class BareServer {

    private static final int PIXELS = 784;
    private static final int ANSWERS = 10;
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();
    private static final Signature SIGNATURE =
            new Signature(
                    Signature.DEFAULT,
                    List.of(new TensorSpec("image", DataType.FP32, Shape.of(-1, 28, 28, 1))),
                    List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, ANSWERS))));

    private BareServer() {}

    /** Serves until the input ends. */
    public static void main(String[] arguments) throws IOException {
        boolean withJackson = arguments[0].equals("jackson");
        Handler handler =
                (request, response) -> {
                    byte[] body = request.content().as(byte[].class);
                    byte[] answer = withJackson ? jackson(body) : scanner(body);
                    response.header(HeaderNames.CONTENT_TYPE, "application/json");
                    response.send(answer);
                };
        WebServer server =
                WebServer.builder()
                        .host("127.0.0.1")
                        .port(0)
                        // As the real server has it.
                        .connectionOptions(options -> options.tcpNoDelay(true))
                        .putListenerSocketOption(StandardSocketOptions.SO_RCVBUF, 1 << 20)
                        .addRouting(HttpRouting.builder().post("/predict", handler))
                        .build()
                        .start();
        System.out.println(server.port());
        try (InputStream in = System.in) {
            while (in.read() >= 0) {
                // nothing is said to it
            }
        }
        server.stop();
        System.exit(0);
    }

    private static byte[] jackson(byte[] body) {
        float[] pixels = new float[PIXELS];
        int count = 0;
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body)) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.VALUE_NUMBER_FLOAT || token == JsonToken.VALUE_NUMBER_INT) {
                    pixels[count++] = json.getFloatValue();
                }
            }
        }
        check(count);
        var bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            json.writeName("predictions");
            json.writeStartArray();
            json.writeStartArray();
            for (float answer : answers(pixels)) {
                json.writeNumber(answer);
            }
            json.writeEndArray();
            json.writeEndArray();
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static byte[] scanner(byte[] body) {
        InferenceRequest request = InferenceJson.read(body, _ -> SIGNATURE);
        var tensor = (Tensor.Numeric) request.inputs().getFirst();
        float[] pixels = tensor.data().toArray(ValueLayout.JAVA_FLOAT);
        check(pixels.length);
        Tensor answer = Tensor.ofFloats(Shape.of(1, ANSWERS), answers(pixels));
        return InferenceJson.write(SIGNATURE, List.of(answer), request.layout());
    }

    private static void check(int count) {
        if (count != PIXELS) {
            throw MillraceException.invalid("expected " + PIXELS + " numbers, got " + count);
        }
    }

    /** Depends on every pixel, as a model does, and has as many digits. */
    private static float[] answers(float[] pixels) {
        float[] sums = new float[ANSWERS];
        for (int i = 0; i < PIXELS; i++) {
            sums[i % ANSWERS] += pixels[i] / PIXELS;
        }
        return sums;
    }
}
