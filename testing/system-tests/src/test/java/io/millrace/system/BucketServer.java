package io.millrace.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An object store of one bucket, as little of it as fetching needs: lists, objects, and a look at
 * who asks.
 */
final class BucketServer implements AutoCloseable {

    private static final String BUCKET = "/models";

    private final String accessKey;
    private final HttpServer http;
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();

    BucketServer(String accessKey) throws IOException {
        this.accessKey = accessKey;
        this.http =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::answer);
        http.start();
    }

    int port() {
        return http.getAddress().getPort();
    }

    void put(String key, byte[] content) {
        objects.put(key, content);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String by = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        String path = exchange.getRequestURI().getPath();
        if (!by.contains("Credential=" + accessKey + "/")) {
            send(exchange, 403, error("AccessDenied"));
        } else if (path.equals(BUCKET) || path.equals(BUCKET + "/")) {
            send(exchange, 200, list());
        } else {
            byte[] content = objects.get(path.substring((BUCKET + "/").length()));
            if (content == null) {
                send(exchange, 404, error("NoSuchKey"));
            } else {
                exchange.getResponseHeaders().set("ETag", etag(content));
                send(exchange, 200, content);
            }
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] error(String code) {
        return ("<Error><Code>" + code + "</Code></Error>").getBytes(StandardCharsets.UTF_8);
    }

    /** All of it: who asks for a prefix gets more than was asked for, and must look. */
    private byte[] list() {
        var xml = new StringBuilder("<ListBucketResult><Name>models</Name>");
        new TreeMap<>(objects)
                .forEach((key, content) ->
                        xml.append("<Contents><Key>")
                                .append(key)
                                .append("</Key><ETag>")
                                .append(etag(content))
                                .append("</ETag><Size>")
                                .append(content.length)
                                .append("</Size></Contents>"));
        return xml.append("</ListBucketResult>").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String etag(byte[] content) {
        return "\"" + Integer.toHexString(java.util.Arrays.hashCode(content)) + "\"";
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
