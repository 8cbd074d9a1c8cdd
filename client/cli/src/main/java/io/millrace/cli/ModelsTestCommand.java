package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.client.ModelsApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "test",
        description =
                "Call a version, with a request of yours or with zeros, and show what it answers"
                        + " and how fast.",
        footer = {"", "Example: millrace models test digits:2 --input request.json"})
final class ModelsTestCommand implements Callable<Integer> {

    private static final int LONGEST_SHOWN = 2_000;
    private static final double NANOS_PER_MILLI = 1e6;

    private final CliContext context;

    @Parameters(
            paramLabel = "NAME[:VERSION]",
            description = "Of the model; without a version, the one that serves.")
    private String name = "";

    @Option(
            names = "--input",
            paramLabel = "FILE.json",
            description =
                    "A request as TensorFlow Serving or KServe V1 write it, or of the Open"
                            + " Inference Protocol (default: zeros).")
    private @Nullable String input;

    @Option(
            names = "--calls",
            paramLabel = "NUMBER",
            description = "How often to call it after the first time (default: 20).")
    private int calls = 20;

    @Mixin private final OutputOption output = new OutputOption();

    ModelsTestCommand(CliContext context) {
        this.context = context;
    }

    /** Something that can be called. */
    @FunctionalInterface
    private interface Request {
        JsonNode send();
    }

    @Override
    public Integer call() throws IOException {
        if (calls < 1) {
            throw MillraceException.invalid("--calls must be at least 1, was " + calls);
        }
        ModelRef ref = ModelRef.parse(name);
        Request request = request(ref);
        // The first call may have to load the version; it is not counted.
        JsonNode answer = request.send();
        long[] nanos = new long[calls];
        for (int i = 0; i < calls; i++) {
            long start = context.time().nanoTime();
            request.send();
            nanos[i] = context.time().nanoTime() - start;
        }
        Arrays.sort(nanos);
        print(ref, answer, nanos);
        return 0;
    }

    private Request request(ModelRef ref) throws IOException {
        ResourceKey key = ref.key(context.project());
        ModelsApi models = context.client().models();
        OptionalInt version = ref.version();
        String path = input;
        if (path == null) {
            byte[] zeros = ZeroRequest.of(models.signatures(key, version));
            return () -> models.predict(key, version, zeros);
        }
        byte[] body = read(path);
        return isOpenInference(path, body)
                ? () -> models.infer(key, version, body)
                : () -> models.predict(key, version, body);
    }

    private byte[] read(String path) throws IOException {
        try {
            return path.equals("-")
                    ? context.input().readAllBytes()
                    : Files.readAllBytes(context.resolve(path));
        } catch (NoSuchFileException e) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID, "there is no file " + path, e);
        }
    }

    /** In that protocol, inputs are a list of tensors that say their types. */
    private static boolean isOpenInference(String path, byte[] body) {
        try {
            JsonNode first = JsonMapper.shared().readTree(body).path("inputs").path(0);
            return first.isObject() && first.has("datatype");
        } catch (JacksonException e) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID,
                    path + " is not JSON: " + e.getOriginalMessage(),
                    e);
        }
    }

    private void print(ModelRef ref, JsonNode answer, long[] nanos) {
        double median = nanos[nanos.length / 2] / NANOS_PER_MILLI;
        double slowest = nanos[nanos.length - 1] / NANOS_PER_MILLI;
        if (output.format() != OutputFormat.TABLE) {
            ObjectNode result = JsonMapper.shared().createObjectNode();
            result.set("answer", answer);
            result.put("calls", nanos.length)
                    .put("medianMillis", median)
                    .put("slowestMillis", slowest);
            ResultPrinter.print(context.terminal(), output.format(), result);
            return;
        }
        String text = Documents.compactJson(answer);
        context.terminal()
                .out()
                .println(
                        text.length() <= LONGEST_SHOWN
                                ? text
                                : text.substring(0, LONGEST_SHOWN)
                                        + "… ("
                                        + text.length()
                                        + " characters; all of them with -o json)");
        context.terminal()
                .out()
                .println(
                        "%s: %d calls, median %s, slowest %s"
                                .formatted(
                                        ref.label(),
                                        nanos.length,
                                        TrafficText.millis(median),
                                        TrafficText.millis(slowest)));
    }
}
