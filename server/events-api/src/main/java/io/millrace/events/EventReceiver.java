package io.millrace.events;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.codec.json.JsonMap;
import io.millrace.codec.objects.CloudEvents;
import io.millrace.codec.objects.CloudEvents.Mode;
import io.millrace.spi.Meters;
import io.millrace.spi.ObjectEvents;
import io.millrace.spi.ObjectEvents.Place;
import io.millrace.spi.ObjectEvents.Received;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes requests of stores and of senders of CloudEvents, on whatever port they come. Start one for
 * all ports: it bounds how many are served at once.
 *
 * <p>The status is for senders that repeat what was not taken, some of them for ever: 2xx when the
 * news is in the log or is none, 503 when another try may help, 4xx for what will never be right.
 */
public final class EventReceiver {

    private static final Logger LOG = LoggerFactory.getLogger(EventReceiver.class);

    /** Each may hold a body of 1 MiB. */
    private static final int MOST_AT_ONCE = 128;

    private static final String RETRY_SECONDS = "1";
    private static final String CHALLENGE = "Bearer, Basic realm=\"millrace\"";
    private static final String ALLOWED = "GET, HEAD, OPTIONS, POST";
    private static final io.helidon.http.HeaderName WEBHOOK_ORIGIN =
            HeaderNames.create("WebHook-Request-Origin");
    private static final io.helidon.http.HeaderName WEBHOOK_ALLOWED =
            HeaderNames.create("WebHook-Allowed-Origin");

    private final ObjectEvents events;
    private final SnsConfirmation sns;
    private final EventMeters meters;
    private final TimeSource time;
    private final Semaphore room;

    /**
     * Makes the receiver.
     *
     * @param events where the news goes
     * @param sns confirms subscriptions
     */
    public EventReceiver(ObjectEvents events, SnsConfirmation sns, Meters meters, TimeSource time) {
        this(events, sns, meters, time, MOST_AT_ONCE);
    }

    EventReceiver(
            ObjectEvents events,
            SnsConfirmation sns,
            Meters meters,
            TimeSource time,
            int mostAtOnce) {
        this.events = events;
        this.sns = sns;
        this.meters = new EventMeters(meters);
        this.time = time;
        this.room = new Semaphore(mostAtOnce);
    }

    /** A source whose name and project stand in the path. */
    void serve(
            String project,
            String source,
            String secretPath,
            ServerRequest request,
            ServerResponse response) {
        serve(() -> Optional.of(place(project, source)), secretPath, request, response);
    }

    /** The source that answers at any path of the listener of its own. */
    void serveAnyPath(ServerRequest request, ServerResponse response) {
        String path = request.path().path();
        serve(() -> events.at(path), path.substring(1), request, response);
    }

    /** Finds out whom a request is for. */
    @FunctionalInterface
    private interface Search {
        Optional<Place> place();
    }

    private static Place place(String project, String source) {
        try {
            return new Place(new ProjectId(project), new ResourceName(source));
        } catch (MillraceException e) {
            throw new MillraceException(ErrorCode.NOT_FOUND, noSource(), e);
        }
    }

    private static String noSource() {
        return "there is no bucket data source that takes events over HTTP at this path";
    }

    private void serve(
            Search search, String secretPath, ServerRequest request, ServerResponse response) {
        switch (request.prologue().method().text()) {
            case "POST" -> post(search, secretPath, request, response);
            case "GET", "HEAD" -> json(response, Map.of("status", "alive"));
            case "OPTIONS" -> options(request, response);
            default -> {
                response.header(HeaderNames.ALLOW, ALLOWED);
                error(response, Status.METHOD_NOT_ALLOWED_405, "POST events here");
            }
        }
    }

    /** Senders of CloudEvents may ask first whether they are welcome. */
    private static void options(ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.ALLOW, ALLOWED);
        request.headers()
                .first(WEBHOOK_ORIGIN)
                .filter(origin -> origin.matches("[A-Za-z0-9.:*-]{1,255}"))
                .ifPresent(origin -> response.header(WEBHOOK_ALLOWED, origin));
        response.status(Status.OK_200).send();
    }

    private void post(
            Search search, String secretPath, ServerRequest request, ServerResponse response) {
        if (!room.tryAcquire()) {
            refuse(
                    request,
                    response,
                    new MillraceException(
                            ErrorCode.OVERLOADED, "too many events are being received; try later"));
            return;
        }
        try {
            answer(request, response, receive(search, secretPath, request));
        } catch (MillraceException e) {
            refuse(request, response, e);
        } catch (DataReader.InsufficientDataAvailableException e) {
            meters.refused.increment();
            error(response, Status.BAD_REQUEST_400, "the body did not arrive completely");
        } catch (UncheckedIOException
                | io.helidon.http.HttpException
                | CloseConnectionException e) {
            throw e; // of the connection: Helidon knows what to do
        } catch (RuntimeException e) {
            refuse(request, response, MillraceException.internal("receiving an event failed", e));
        } finally {
            room.release();
        }
    }

    private Received receive(Search search, String secretPath, ServerRequest request) {
        long start = time.nanoTime();
        byte[] body = EventBody.read(request);
        Place place = search.place().orElseThrow(() -> MillraceException.notFound(noSource()));
        var asked =
                new ObjectEvents.Request(
                        headers(request),
                        secretPath,
                        request.remotePeer().host(),
                        request.remotePeer().tlsCertificates().isPresent(),
                        body);
        Received received = events.receive(place.project(), place.source(), asked);
        // Only now: whoever may not send events has nothing confirmed either.
        sns.confirmIfAsked(asked);
        meters.receiving.record(time.nanoTime() - start);
        return received;
    }

    private static List<io.millrace.spi.Header> headers(ServerRequest request) {
        var headers = new ArrayList<io.millrace.spi.Header>();
        for (Header header : request.headers()) {
            String name = header.headerName().lowerCase();
            for (String value : header.allValues()) {
                headers.add(io.millrace.spi.Header.of(name.toLowerCase(Locale.ROOT), value));
            }
        }
        return headers;
    }

    private void answer(ServerRequest request, ServerResponse response, Received received) {
        if (received.refused() > 0) {
            meters.letters.increment();
        } else if (received.stored() > 0) {
            meters.stored.increment();
        } else {
            meters.nothing.increment();
        }
        if (CloudEvents.modeOf(headers(request)) == Mode.NONE) {
            json(
                    response,
                    Map.of(
                            "stored", received.stored(),
                            "passedOver", received.passedOver(),
                            "refused", received.refused()));
        } else {
            // A broker takes a body for an event of its own, or for a fault.
            response.status(Status.OK_200).send();
        }
    }

    private void refuse(ServerRequest request, ServerResponse response, MillraceException e) {
        Status status = status(e.code(), request.headers().contains(HeaderNames.AUTHORIZATION));
        if (e.code() == ErrorCode.INTERNAL) {
            LOG.error("receiving an event failed", e);
        }
        if (status.equals(Status.SERVICE_UNAVAILABLE_503)) {
            meters.unavailable.increment();
            response.header(HeaderNames.RETRY_AFTER, RETRY_SECONDS);
        } else {
            meters.refused.increment();
        }
        if (status.equals(Status.UNAUTHORIZED_401)) {
            response.header(HeaderNames.WWW_AUTHENTICATE, CHALLENGE);
        }
        error(
                response,
                status,
                e.code() == ErrorCode.INTERNAL
                        ? "the event could not be stored; whoever runs this server finds why in its"
                                + " log"
                        : e.text());
    }

    private static Status status(ErrorCode code, boolean showsSomething) {
        return switch (code) {
            case NOT_FOUND -> Status.NOT_FOUND_404;
            case DENIED -> showsSomething ? Status.FORBIDDEN_403 : Status.UNAUTHORIZED_401;
            case TOO_LARGE -> Status.REQUEST_ENTITY_TOO_LARGE_413;
            case UNSUPPORTED -> Status.UNSUPPORTED_MEDIA_TYPE_415;
            case INVALID, CONFLICT, USER_CODE -> Status.BAD_REQUEST_400;
            case OVERLOADED, UNAVAILABLE, TIMEOUT, INTERNAL -> Status.SERVICE_UNAVAILABLE_503;
        };
    }

    private static void error(ServerResponse response, Status status, String text) {
        response.status(status);
        json(response, Map.of("error", text));
    }

    private static void json(ServerResponse response, Map<String, ?> values) {
        response.header(HeaderNames.CONTENT_TYPE, "application/json").send(JsonMap.write(values));
    }
}
