package io.millrace.client;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** Sends requests and turns every way in which they fail into an error for the user. */
final class Transport implements AutoCloseable {

    static final Duration SHORT = Duration.ofSeconds(60);
    static final Duration LONG = Duration.ofMinutes(15);
    private static final int MAX_ERROR_BYTES = 1 << 20;

    /** How long a server that starts is waited for. */
    private static final Duration START = Duration.ofSeconds(60);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final URI server;
    private final TimeSource time;
    private final HttpClient http;
    private final ObjectMapper mapper = JsonMapper.shared();

    Transport(URI server, TimeSource time) {
        this.server = server;
        this.time = time;
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(10))
                        .build();
    }

    HttpRequest.Builder request(String path, Duration deadline) {
        return request(path).timeout(deadline);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.resolve(path));
    }

    BodyPublisher jsonBody(JsonNode json) {
        return BodyPublishers.ofByteArray(mapper.writeValueAsBytes(json));
    }

    JsonNode parse(String json) {
        try {
            return mapper.readTree(json);
        } catch (JacksonException e) {
            throw notMillrace("sent an event that is not JSON", e);
        }
    }

    /** Sends and reads the JSON answer. */
    JsonNode json(HttpRequest.Builder builder) {
        HttpRequest request = builder.header("Accept", "application/json").build();
        HttpResponse<byte[]> response = send(request, BodyHandlers.ofByteArray());
        if (isError(response)) {
            throw refusal(request, response.statusCode(), response.body());
        }
        try {
            return mapper.readTree(response.body());
        } catch (JacksonException e) {
            throw notMillrace(
                    "answered " + describe(request) + " with something else than JSON", e);
        }
    }

    /** Sends and hands over the answer as a stream; the caller closes it. */
    InputStream stream(HttpRequest.Builder builder) {
        HttpRequest request = builder.build();
        HttpResponse<InputStream> response = send(request, BodyHandlers.ofInputStream());
        if (!isError(response)) {
            return response.body();
        }
        try (InputStream body = response.body()) {
            throw refusal(request, response.statusCode(), body.readNBytes(MAX_ERROR_BYTES));
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** Sends a request of which only the status matters; 404 is an answer, not an error. */
    boolean exists(HttpRequest.Builder builder) {
        HttpRequest request = builder.build();
        HttpResponse<Void> response = send(request, BodyHandlers.discarding());
        if (response.statusCode() == 404) {
            return false;
        }
        if (isError(response)) {
            throw refusal(request, response.statusCode(), new byte[0]);
        }
        return true;
    }

    MillraceException broken(IOException cause) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "The connection to " + server + " broke: " + reason(cause),
                cause);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    /** Sends, and once more after a while as long as the server says that it is starting. */
    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        long end = time.nanoTime() + START.toNanos();
        while (true) {
            HttpResponse<T> response = sendOnce(request, handler);
            Optional<Duration> pause = pauseBeforeNext(response);
            if (pause.isEmpty()
                    || time.nanoTime() - end > 0
                    || Thread.currentThread().isInterrupted()) {
                return response;
            }
            discard(response);
            time.pause(pause.get());
        }
    }

    /** Only a server that has done nothing yet says when to ask again. */
    private static Optional<Duration> pauseBeforeNext(HttpResponse<?> response) {
        if (response.statusCode() != 503) {
            return Optional.empty();
        }
        return response.headers()
                .firstValue("Retry-After")
                .filter(seconds -> seconds.matches("\\d{1,3}"))
                .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
                .map(asked -> asked.compareTo(LONGEST_PAUSE) < 0 ? asked : LONGEST_PAUSE);
    }

    private void discard(HttpResponse<?> response) {
        if (response.body() instanceof InputStream body) {
            try {
                body.close();
            } catch (IOException e) {
                throw broken(e);
            }
        }
    }

    private <T> HttpResponse<T> sendOnce(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (HttpTimeoutException e) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT,
                    server + " did not answer " + describe(request) + " in time",
                    e);
        } catch (ConnectException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "No Millrace server answers at "
                            + server
                            + ". Start one with: ./millrace server   (or name another address with"
                            + " --server or MILLRACE_SERVER)",
                    e);
        } catch (IOException e) {
            throw broken(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted during " + describe(request), e);
        }
    }

    private static boolean isError(HttpResponse<?> response) {
        return response.statusCode() < 200 || response.statusCode() >= 300;
    }

    private MillraceException refusal(HttpRequest request, int status, byte[] body) {
        JsonNode problem = problemOf(body);
        if (!problem.isObject()) {
            String answered = server + " answered " + status + " to " + describe(request);
            String hint = status < 500 ? "; is it a Millrace server of this version?" : "";
            return new ApiException(codeOf("", status), answered + hint, status, List.of());
        }
        String detail = problem.path("detail").asString("");
        if (detail.isEmpty()) {
            detail = problem.path("error").asString(""); // as the inference protocols say it
        }
        if (detail.isEmpty()) {
            detail = problem.path("title").asString("status " + status);
        }
        ErrorCode code = codeOf(problem.path("code").asString(""), status);
        return new ApiException(code, detail, status, problemsOf(problem.path("errors")));
    }

    private JsonNode problemOf(byte[] body) {
        try {
            return mapper.readTree(body);
        } catch (JacksonException _) {
            return mapper.missingNode();
        }
    }

    private static List<Problem> problemsOf(JsonNode errors) {
        var problems = new ArrayList<Problem>();
        for (JsonNode error : errors) {
            problems.add(
                    new Problem(
                            error.path("source").asString(""),
                            error.path("line").asInt(0),
                            error.path("column").asInt(0),
                            error.path("pointer").asString(""),
                            error.path("message").asString("")));
        }
        return problems;
    }

    private static ErrorCode codeOf(String code, int status) {
        for (ErrorCode known : ErrorCode.values()) {
            if (known.name().equals(code.toUpperCase(Locale.ROOT))) {
                return known;
            }
        }
        return switch (status) {
            case 401, 403 -> ErrorCode.DENIED;
            case 404 -> ErrorCode.NOT_FOUND;
            case 409, 412 -> ErrorCode.CONFLICT;
            case 413 -> ErrorCode.TOO_LARGE;
            case 429 -> ErrorCode.OVERLOADED;
            case 501 -> ErrorCode.UNSUPPORTED;
            case 503 -> ErrorCode.UNAVAILABLE;
            case 504 -> ErrorCode.TIMEOUT;
            default -> status < 500 ? ErrorCode.INVALID : ErrorCode.INTERNAL;
        };
    }

    private MillraceException notMillrace(String what, JacksonException cause) {
        return MillraceException.internal(
                server + " " + what + "; is it a Millrace server?", cause);
    }

    private static String describe(HttpRequest request) {
        return request.method() + " " + request.uri().getPath();
    }

    private static String reason(IOException failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
