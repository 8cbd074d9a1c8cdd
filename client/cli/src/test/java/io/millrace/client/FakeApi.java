package io.millrace.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A management API that answers what a test tells it to and records what it was asked. Several
 * answers to one request are given one after another; the last one stays.
 */
public final class FakeApi implements AutoCloseable {

    /** A request that came. */
    public record Request(
            String method, String path, Map<String, List<String>> headers, byte[] body) {

        /** As in {@code GET /api/v1/projects?limit=500}. */
        public String line() {
            return method + " " + path;
        }

        /** The body as text. */
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        /** The first value of a header, or nothing. */
        public String header(String name) {
            List<String> values = headers.get(name);
            return values == null ? "" : values.getFirst();
        }
    }

    private record Answer(int status, String type, byte[] body, String retryAfter) {
        Answer(int status, String type, byte[] body) {
            this(status, type, body, "");
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Deque<Answer>> answers = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    /** Starts it at a free port. */
    public FakeApi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** Where it is. */
    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** All requests so far. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** What was asked, in a line each. */
    public List<String> lines() {
        return requests.stream().map(Request::line).toList();
    }

    /** The last request of a line that starts so. */
    public Request last(String start) {
        return requests.stream()
                .filter(request -> request.line().startsWith(start))
                .reduce((_, later) -> later)
                .orElseThrow(() -> new AssertionError("no " + start + " in " + lines()));
    }

    /** Answers JSON. */
    public FakeApi json(String line, String body) {
        return answer(line, 200, "application/json", body.getBytes(StandardCharsets.UTF_8));
    }

    /** Refuses. */
    public FakeApi problem(String line, int status, String code, String detail, String errors) {
        String body =
                """
                {"type":"about:blank","title":"t","status":%d,"code":"%s","detail":"%s","errors":[%s]}\
                """
                        .formatted(status, code, detail, errors);
        return answer(
                line, status, "application/problem+json", body.getBytes(StandardCharsets.UTF_8));
    }

    /** Says that the server starts, and when to ask again. */
    public FakeApi starting(String line, int seconds) {
        byte[] body =
                """
                {"status":503,"code":"UNAVAILABLE","detail":"the server is starting"}\
                """
                        .getBytes(StandardCharsets.UTF_8);
        answers.computeIfAbsent(line, _ -> new ArrayDeque<>())
                .add(new Answer(503, "application/problem+json", body, "" + seconds));
        return this;
    }

    /** Answers a stream of events and ends it. */
    public FakeApi events(String line, String body) {
        return answer(line, 200, "text/event-stream", body.getBytes(StandardCharsets.UTF_8));
    }

    /** Answers anything. */
    public FakeApi answer(String line, int status, String type, byte[] body) {
        answers.computeIfAbsent(line, _ -> new ArrayDeque<>()).add(new Answer(status, type, body));
        return this;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var request =
                    new Request(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI().toString(),
                            Map.copyOf(exchange.getRequestHeaders()),
                            exchange.getRequestBody().readAllBytes());
            requests.add(request);
            Answer answer = answerTo(request);
            exchange.getResponseHeaders().set("Content-Type", answer.type());
            if (!answer.retryAfter().isEmpty()) {
                exchange.getResponseHeaders().set("Retry-After", answer.retryAfter());
            }
            boolean head = request.method().equals("HEAD");
            long length = head || answer.body().length == 0 ? -1 : answer.body().length;
            exchange.sendResponseHeaders(answer.status(), length);
            if (length > 0) {
                exchange.getResponseBody().write(answer.body());
            }
        }
    }

    private Answer answerTo(Request request) {
        Deque<Answer> known = answers.get(request.line());
        if (known == null) {
            return new Answer(
                    404,
                    "application/problem+json",
                    ("{\"status\":404,\"code\":\"NOT_FOUND\",\"detail\":\"there is no "
                                    + request.path()
                                    + "\"}")
                            .getBytes(StandardCharsets.UTF_8));
        }
        synchronized (known) {
            return known.size() > 1 ? known.remove() : known.element();
        }
    }
}
