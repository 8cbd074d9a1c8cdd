package io.millrace.inference.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.json.GraphJson;
import io.millrace.inference.http.ModelCalls.Target;
import io.millrace.inference.protocol.InferenceSpans;
import io.millrace.inference.protocol.LoggedCall;
import io.millrace.inference.protocol.RequestLog;
import io.millrace.inference.protocol.StageDurations;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Call;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.TraceContext;
import io.millrace.spi.TransformerReply;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerServing;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way: {@link #body}, {@link #describe}, {@link #infer}, {@link #written}, in this
 * order. Measures each stage.
 */
final class ModelCall {

    /** How long the caller waits at most, in milliseconds. */
    static final HeaderName TIMEOUT = HeaderNames.create("X-Request-Timeout-Ms");

    private static final HeaderName REQUEST_ID = HeaderNames.create("X-Request-Id");
    private static final HeaderName TRACE = HeaderNames.create(TraceContext.HEADER);
    private static final byte[] NO_BODY = {};

    private final ModelCalls calls;
    private final ServerRequest request;
    private final Target target;
    private final TimeSource time;
    private final long start;
    private long stage;
    private long read;
    private long computed;
    private StageDurations.@Nullable Stages durations;
    private byte[] body = NO_BODY;
    private String id = "";
    private int version;
    private long answerBytes;
    private String error = "";

    ModelCall(ModelCalls calls, ServerRequest request, Target target) {
        this.calls = calls;
        this.request = request;
        this.target = target;
        this.time = calls.ports().time();
        this.start = time.nanoTime();
        this.stage = start;
    }

    /** The whole body, not compressed any more. */
    byte[] body() {
        body = calls.body(request);
        stage = time.nanoTime();
        return body;
    }

    Description describe() {
        Description model =
                calls.ports()
                        .serving()
                        .describe(target.project(), target.model(), target.version());
        durations = calls.durations(target);
        return model;
    }

    /** Names the request, for the log. */
    void id(String value) {
        id = value;
    }

    /**
     * Computes.
     *
     * @param timeoutMicros as the body asks; 0 when it does not
     */
    Answer infer(Signature signature, List<Tensor> inputs, long timeoutMicros) {
        ModelServing serving = calls.ports().serving();
        var call =
                new Call(
                        target.project(),
                        target.model(),
                        target.version(),
                        signature.name(),
                        inputs,
                        timeout(timeoutMicros),
                        routing(serving));
        endOfStage(0);
        read = stage;
        Answer answer = serving.infer(call);
        endOfStage(1);
        computed = stage;
        version = answer.version();
        return answer;
    }

    /**
     * Has the model's transformer answer.
     *
     * @param isBare whether the model alone shall
     */
    TransformerReply.Answered transform(TransformerRequest wanted, boolean isBare) {
        ModelServing serving = calls.ports().serving();
        var call =
                new TransformerServing.Call(
                        target.project(),
                        target.model(),
                        target.version(),
                        wanted,
                        routing(serving),
                        timeout(0),
                        isBare);
        read = time.nanoTime();
        TransformerReply.Answered answer = calls.ports().transformers().call(call);
        computed = time.nanoTime();
        answerBytes = answer.body().length;
        if (!answer.isSuccess()) {
            error = GraphJson.errorIn(answer.body());
        }
        return answer;
    }

    /** Something else than an answer is sent. */
    void failed(String text) {
        error = text;
    }

    /** What was sent instead of an answer; empty for an answer. */
    String error() {
        return error;
    }

    /** The answer stands; it has yet to be sent. */
    void written(int bytes) {
        answerBytes = bytes;
        endOfStage(2);
    }

    private void endOfStage(int ended) {
        long now = time.nanoTime();
        if (durations != null) {
            switch (ended) {
                case 0 -> durations.preprocess().record(now - stage);
                case 1 -> durations.predict().record(now - stage);
                default -> durations.postprocess().record(now - stage);
            }
        }
        stage = now;
    }

    /** The shortest of what the server, the header and the body say. */
    private Duration timeout(long micros) {
        Duration timeout = calls.config().timeout();
        if (request.headers().contains(TIMEOUT)) {
            timeout =
                    shorter(
                            timeout,
                            Duration.ofMillis(millis(request.headers().get(TIMEOUT).get())));
        }
        if (micros > 0 && micros < timeout.toNanos() / 1000) {
            timeout = Duration.ofNanos(micros * 1000);
        }
        return timeout;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private static long millis(String text) {
        try {
            long millis = Long.parseLong(text.strip());
            if (millis > 0) {
                return millis;
            }
        } catch (NumberFormatException e) {
            throw new MillraceException(ErrorCode.INVALID, notMillis(text), e);
        }
        throw MillraceException.invalid(notMillis(text));
    }

    private static String notMillis(String text) {
        return "the header %s takes milliseconds, 1 or more, got '%s'"
                .formatted(TIMEOUT.defaultCase(), text.length() > 40 ? "…" : text);
    }

    private String routing(ModelServing serving) {
        String header = serving.stickyHeader(target.project(), target.model());
        return header.isEmpty()
                ? ""
                : request.headers().first(HeaderNames.create(header)).orElse("");
    }

    /** Tells the call's spans, if it is traced. */
    void trace(String error) {
        if (calls.spans().isOn()) {
            calls.spans()
                    .tell(
                            request.headers().first(TRACE).orElse(""),
                            new InferenceSpans.Ended(
                                    target.protocol(),
                                    target.project(),
                                    target.model(),
                                    version,
                                    error),
                            new InferenceSpans.Times(start, read, computed));
        }
    }

    void log(int status, String error) {
        RequestLog log = calls.ports().log();
        if (!log.takes(target.project(), target.model())) {
            return;
        }
        log.record(
                target.project(),
                target.model(),
                new LoggedCall(
                        time.now(),
                        LoggedCall.shortened(
                                id.isEmpty() ? request.headers().first(REQUEST_ID).orElse("") : id),
                        target.protocol(),
                        version,
                        status,
                        LoggedCall.shortened(error),
                        Duration.ofNanos(time.nanoTime() - start),
                        body.length,
                        answerBytes,
                        log.payload(target.project(), target.model(), body)));
    }
}
