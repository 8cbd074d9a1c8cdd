package io.millrace.connector.http;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ArtifactSource;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Fetches a file from a web server.
 *
 * <p>What users wrote decides where the server connects to, so every step is checked: the address
 * against the list of allowed origins, each redirect as if it had been written by the user, and
 * each IP address that a name leads to at the moment of connecting, so that a name that changes its
 * mind between check and use gains nothing. No proxy, no cookies, no credentials are used.
 *
 * <p>The server at the other end is not trusted either: the size of its headers and the time that
 * each request takes are limited, however slowly and however much it sends.
 */
public final class HttpArtifactSource implements ArtifactSource, AutoCloseable {

    private static final int MAX_REDIRECTS = 5;
    private static final Timeout CONNECT = Timeout.ofSeconds(10);
    private static final Timeout SILENCE = Timeout.ofSeconds(30);

    /**
     * The most that one request may take, redirects apart; silence is not the only way to stall.
     */
    private static final Duration LONGEST = Duration.ofMinutes(30);

    /** Room for signed addresses; without limits a header could fill the server's memory. */
    private static final Http1Config HEADERS =
            Http1Config.custom().setMaxLineLength(32 * 1024).setMaxHeaderCount(200).build();

    private final AllowedOrigins origins;
    private final Duration longest;
    private final ScheduledThreadPoolExecutor limiter;
    private final CloseableHttpClient client;

    /**
     * Makes the source; connects to nothing.
     *
     * @param origins from where it may fetch
     */
    public HttpArtifactSource(AllowedOrigins origins) {
        this(origins, LONGEST);
    }

    HttpArtifactSource(AllowedOrigins origins, Duration longest) {
        this.origins = origins;
        this.longest = longest;
        this.limiter =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().daemon().name("http-download-limit").factory());
        this.limiter.setRemoveOnCancelPolicy(true);
        this.client =
                HttpClients.custom()
                        .setConnectionManager(
                                PoolingHttpClientConnectionManagerBuilder.create()
                                        .setDnsResolver(new CheckingResolver(origins))
                                        .setConnectionFactory(
                                                ManagedHttpClientConnectionFactory.builder()
                                                        .http1Config(HEADERS)
                                                        .build())
                                        .setDefaultConnectionConfig(
                                                ConnectionConfig.custom()
                                                        .setConnectTimeout(CONNECT)
                                                        .setSocketTimeout(SILENCE)
                                                        // A kept connection would skip the look-up.
                                                        .setTimeToLive(TimeValue.ofSeconds(1))
                                                        .build())
                                        .build())
                        .setDefaultRequestConfig(
                                RequestConfig.custom().setResponseTimeout(SILENCE).build())
                        .disableRedirectHandling()
                        .disableCookieManagement()
                        .disableAuthCaching()
                        .disableAutomaticRetries()
                        .disableContentCompression()
                        .setUserAgent("millrace")
                        .build();
    }

    @Override
    public Set<String> schemes() {
        return Set.of("https", "http");
    }

    @Override
    public void check(URI address) {
        if (address.getHost() == null) {
            throw MillraceException.invalid(
                    "expected an address such as https://host/path, got "
                            + AllowedOrigins.shown(address));
        }
        origins.check(address);
    }

    @Override
    public void fetch(URI address, Path folder, DataSize limit) {
        URI next = address;
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            check(next);
            Step step = step(next, folder, limit);
            if (step instanceof Step.Redirect(URI target)) {
                next = target;
            } else {
                return;
            }
        }
        throw MillraceException.invalid(
                "%s leads through more than %d redirects"
                        .formatted(AllowedOrigins.shown(address), MAX_REDIRECTS));
    }

    /** What one request led to. */
    private sealed interface Step {
        record Done() implements Step {}

        record Redirect(URI target) implements Step {}
    }

    private Step step(URI address, Path folder, DataSize limit) {
        var request = new HttpGet(address);
        ScheduledFuture<?> end =
                limiter.schedule(request::cancel, longest.toNanos(), TimeUnit.NANOSECONDS);
        try {
            return client.execute(request, response -> receive(address, response, folder, limit));
        } catch (RefusedAddressException e) {
            throw e.reason();
        } catch (MessageConstraintException e) {
            throw failed(ErrorCode.INVALID, address, "its headers are too large", e);
        } catch (IOException e) {
            throw request.isCancelled()
                    ? tooLong(address, e)
                    : failed(ErrorCode.UNAVAILABLE, address, reason(e), e);
        } catch (IllegalStateException e) {
            // What the client says when it is cancelled before it is connected.
            throw request.isCancelled() ? tooLong(address, e) : e;
        } finally {
            end.cancel(false);
        }
    }

    private MillraceException tooLong(URI address, Exception cause) {
        String reason = "it took longer than " + longest.toSeconds() + " s";
        return failed(ErrorCode.UNAVAILABLE, address, reason, cause);
    }

    private static MillraceException failed(
            ErrorCode code, URI address, String reason, Exception cause) {
        return new MillraceException(
                code, "cannot fetch " + AllowedOrigins.shown(address) + ": " + reason, cause);
    }

    private static Step receive(
            URI address, ClassicHttpResponse response, Path folder, DataSize limit)
            throws IOException {
        int status = response.getCode();
        return switch (status) {
            case 200 -> {
                save(address, response, folder, limit);
                yield new Step.Done();
            }
            case 301, 302, 303, 307, 308 -> new Step.Redirect(target(address, response));
            default -> throw failure(address, status);
        };
    }

    private static void save(URI address, ClassicHttpResponse response, Path folder, DataSize limit)
            throws IOException {
        HttpEntity entity = response.getEntity();
        if (entity == null) {
            throw MillraceException.invalid(AllowedOrigins.shown(address) + " is empty");
        }
        if (entity.getContentLength() > limit.bytes()) {
            throw LimitedCopy.tooLarge(AllowedOrigins.shown(address), limit);
        }
        try (var content = entity.getContent()) {
            LimitedCopy.copy(
                    content,
                    folder.resolve(FileNames.of(address)),
                    limit,
                    AllowedOrigins.shown(address));
        }
    }

    private static URI target(URI address, ClassicHttpResponse response) {
        Header location = response.getFirstHeader(HttpHeaders.LOCATION);
        try {
            if (location != null) {
                return address.resolve(new URI(location.getValue()));
            }
        } catch (URISyntaxException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    AllowedOrigins.shown(address) + " redirects to what is no address",
                    e);
        }
        throw MillraceException.invalid(
                AllowedOrigins.shown(address) + " redirects without saying where to");
    }

    private static MillraceException failure(URI address, int status) {
        ErrorCode code =
                switch (status) {
                    case 404, 410 -> ErrorCode.NOT_FOUND;
                    case 401, 403, 407 -> ErrorCode.DENIED;
                    case 408, 425, 429 -> ErrorCode.UNAVAILABLE;
                    default -> status >= 500 ? ErrorCode.UNAVAILABLE : ErrorCode.INVALID;
                };
        return new MillraceException(
                code, AllowedOrigins.shown(address) + " answers with status " + status);
    }

    private static String reason(IOException e) {
        return e instanceof java.net.UnknownHostException
                ? "the host is not known"
                : e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    @Override
    public void close() {
        limiter.shutdownNow();
        client.close(org.apache.hc.core5.io.CloseMode.IMMEDIATE);
    }
}
