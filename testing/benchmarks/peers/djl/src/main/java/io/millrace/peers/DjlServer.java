package io.millrace.peers;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.StandardSocketOptions;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * DJL's engine library behind a bare HTTP server; not DJL Serving. One predictor for each core, as
 * a predictor serves one thread. {@code DjlServer FOLDER MODEL}; it prints its port and stops when
 * its input ends.
 */
public final class DjlServer {

    private static final int PIXELS = 784;
    private static final Shape PICTURE = new Shape(1, 28, 28, 1);
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();

    private DjlServer() {}

    /** Serves until the input ends. */
    public static void main(String[] arguments) throws Exception {
        Criteria<float[], float[]> criteria =
                Criteria.builder()
                        .setTypes(float[].class, float[].class)
                        .optModelPath(Path.of(arguments[0]))
                        .optModelName(arguments[1])
                        .optEngine("OnnxRuntime")
                        .optOption("intraOpNumThreads", "1")
                        .optTranslator(new Pixels())
                        .build();
        int cores = Runtime.getRuntime().availableProcessors();
        try (ZooModel<float[], float[]> model = criteria.loadModel()) {
            BlockingQueue<Predictor<float[], float[]>> predictors = new ArrayBlockingQueue<>(cores);
            for (int i = 0; i < cores; i++) {
                predictors.add(model.newPredictor());
            }
            WebServer server =
                    WebServer.builder()
                            .host("127.0.0.1")
                            .port(0)
                            // As Millrace has it.
                            .connectionOptions(options -> options.tcpNoDelay(true))
                            .putListenerSocketOption(StandardSocketOptions.SO_RCVBUF, 1 << 20)
                            .addRouting(
                                    HttpRouting.builder()
                                            .post(
                                                    "/predict",
                                                    (request, response) -> {
                                                        byte[] body =
                                                                request.content().as(byte[].class);
                                                        response.header(
                                                                HeaderNames.CONTENT_TYPE,
                                                                "application/json");
                                                        response.send(answer(body, predictors));
                                                    }))
                            .build()
                            .start();
            System.out.println(server.port());
            try (InputStream in = System.in) {
                while (in.read() >= 0) {
                    // nothing is said to it
                }
            }
            server.stop();
        }
        System.exit(0);
    }

    private static byte[] answer(
            byte[] body, BlockingQueue<Predictor<float[], float[]>> predictors) throws Exception {
        float[] pixels = new float[PIXELS];
        int count = 0;
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body)) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.VALUE_NUMBER_FLOAT || token == JsonToken.VALUE_NUMBER_INT) {
                    pixels[count++] = json.getFloatValue();
                }
            }
        }
        Predictor<float[], float[]> predictor = predictors.take();
        float[] scores;
        try {
            scores = predictor.predict(pixels);
        } finally {
            predictors.add(predictor);
        }
        var bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            json.writeName("predictions");
            json.writeStartArray();
            json.writeStartArray();
            for (float score : scores) {
                json.writeNumber(score);
            }
            json.writeEndArray();
            json.writeEndArray();
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    /** One picture in, its scores out. */
    private static final class Pixels implements NoBatchifyTranslator<float[], float[]> {

        @Override
        public NDList processInput(TranslatorContext context, float[] pixels) {
            return new NDList(context.getNDManager().create(pixels, PICTURE));
        }

        @Override
        public float[] processOutput(TranslatorContext context, NDList outputs) {
            return outputs.singletonOrThrow().toFloatArray();
        }
    }
}
