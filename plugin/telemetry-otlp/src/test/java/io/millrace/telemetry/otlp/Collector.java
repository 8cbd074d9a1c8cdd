package io.millrace.telemetry.otlp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.zip.GZIPInputStream;

/** A collector that takes OTLP over HTTP and keeps what it understands of it. */
final class Collector implements AutoCloseable {

    private final HttpServer server;
    private final List<Received> spans = new CopyOnWriteArrayList<>();
    private final List<String> paths = new CopyOnWriteArrayList<>();
    private final Map<String, String> resource = new TreeMap<>();
    private volatile int status = 200;

    record Received(
            String traceId,
            String spanId,
            String parentId,
            String name,
            int kind,
            long start,
            long end,
            Map<String, String> attributes,
            String error) {}

    Collector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::take);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    void answer(int code) {
        status = code;
    }

    List<Received> spans() {
        return spans;
    }

    List<String> paths() {
        return paths;
    }

    synchronized Map<String, String> resource() {
        return Map.copyOf(resource);
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean isZipped =
                    "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
            byte[] body =
                    (isZipped
                                    ? new GZIPInputStream(exchange.getRequestBody())
                                    : exchange.getRequestBody())
                            .readAllBytes();
            paths.add(exchange.getRequestURI().getPath());
            if (status == 200) {
                request(body);
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }

    /** ExportTraceServiceRequest: resource_spans = 1. */
    private synchronized void request(byte[] body) {
        fields(
                body,
                (field, resourceSpans) ->
                        fields(
                                bytes(resourceSpans),
                                (inner, value) -> {
                                    if (inner == 1) {
                                        fields(
                                                bytes(value),
                                                (_, attribute) ->
                                                        keyValue(bytes(attribute), resource));
                                    } else if (inner == 2) {
                                        fields(
                                                bytes(value),
                                                (scopeField, span) -> {
                                                    if (scopeField == 2) {
                                                        spans.add(span(bytes(span)));
                                                    }
                                                });
                                    }
                                }));
    }

    private static Received span(byte[] body) {
        var found = new TreeMap<Integer, Object>();
        var attributes = new TreeMap<String, String>();
        var error = new StringBuilder();
        fields(
                body,
                (field, value) -> {
                    if (field == 9) {
                        keyValue(bytes(value), attributes);
                    } else if (field == 15) {
                        fields(
                                bytes(value),
                                (inner, message) -> {
                                    if (inner == 2) {
                                        error.append(text(message));
                                    }
                                });
                    } else {
                        found.put(field, value);
                    }
                });
        return new Received(
                hex(found.get(1)),
                hex(found.get(2)),
                hex(found.get(4)),
                text(found.getOrDefault(5, new byte[0])),
                ((Long) found.getOrDefault(6, 0L)).intValue(),
                (Long) found.getOrDefault(7, 0L),
                (Long) found.getOrDefault(8, 0L),
                attributes,
                error.toString());
    }

    private static void keyValue(byte[] body, Map<String, String> into) {
        var parts = new TreeMap<Integer, Object>();
        fields(body, parts::put);
        if (parts.get(2) instanceof byte[] any) {
            fields(
                    any,
                    (field, value) -> {
                        if (field == 1) {
                            into.put(text(parts.getOrDefault(1, new byte[0])), text(value));
                        }
                    });
        }
    }

    private static byte[] bytes(Object value) {
        return (byte[]) value;
    }

    private static String text(Object value) {
        return new String(bytes(value), StandardCharsets.UTF_8);
    }

    private static String hex(@org.jspecify.annotations.Nullable Object value) {
        return value == null ? "" : HexFormat.of().formatHex(bytes(value));
    }

    /** The fields of a message in Protocol Buffers: numbers as Long, all else as bytes. */
    private static void fields(byte[] message, BiConsumer<Integer, Object> each) {
        ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            long tag = varint(in);
            int field = (int) (tag >>> 3);
            switch ((int) (tag & 7)) {
                case 0 -> each.accept(field, varint(in));
                case 1 -> each.accept(field, in.getLong());
                case 5 -> each.accept(field, (long) in.getInt());
                default -> {
                    byte[] value = new byte[(int) varint(in)];
                    in.get(value);
                    each.accept(field, value);
                }
            }
        }
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
