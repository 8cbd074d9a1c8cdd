package io.millrace.app;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

/** Uses a fresh server once, so that the classes of an ordinary start are in the AOT cache. */
final class WarmUp {

    private static final List<String> PAGES =
            List.of(
                    "/readyz",
                    "/metrics",
                    "/api/v1",
                    "/api/v1/openapi.json",
                    "/api/v1/projects",
                    "/v1/models");

    private final int port;

    WarmUp(int port) {
        this.port = port;
    }

    void run() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (String page : PAGES) {
                http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + page))
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
            }
        } catch (IOException e) {
            throw MillraceException.internal("the warm-up could not talk to its own server", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
