package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.ResourceProblems;
import io.millrace.control.Refusal;
import java.io.UncheckedIOException;
import java.net.SocketException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The one place that makes errors into {@code application/problem+json} (RFC 9457). */
final class ErrorResponses {
    static final String MEDIA_TYPE = "application/problem+json";
    private static final Logger LOG = LoggerFactory.getLogger(ErrorResponses.class);

    private ErrorResponses() {}

    /** A handler whose errors reach the caller as problems. */
    static Handler guard(Handler handler) {
        return (request, response) -> {
            try {
                handler.handle(request, response);
            } catch (MillraceException e) {
                if (e.code() == ErrorCode.INTERNAL) {
                    LOG.error("{} {}", request.prologue().method(), request.path().path(), e);
                }
                answer(response, e);
            } catch (HttpException e) {
                answer(response, e.status(), codeOf(e.status()), textOf(e));
            } catch (CloseConnectionException e) {
                // The caller has gone: there is nobody to answer to.
                throw e;
            } catch (RuntimeException e) {
                if (isBrokenConnection(e)) {
                    throw new CloseConnectionException("the caller has gone", e);
                }
                LOG.error("{} {}", request.prologue().method(), request.path().path(), e);
                answer(
                        response,
                        MillraceException.internal(
                                "a defect of Millrace; the server's log has the details", e));
            }
        };
    }

    private static boolean isBrokenConnection(RuntimeException error) {
        return error instanceof UncheckedIOException && error.getCause() instanceof SocketException;
    }

    static void answer(ServerResponse response, MillraceException error) {
        ObjectNode more = Json.object();
        switch (error) {
            case ResourceProblems problems -> add(problems, more.putArray("errors"));
            case RefusedChange refused -> add(refused, more.putArray("errors"));
            default -> {
                // The message says it all.
            }
        }
        if (error instanceof ServerStarting && !response.isSent()) {
            response.header(HeaderNames.RETRY_AFTER, "" + ServerStarting.RETRY_SECONDS);
        }
        answer(response, statusOf(error), error.code().name(), error.text(), more);
    }

    static void answer(ServerResponse response, Status status, String code, String detail) {
        answer(response, status, code, detail, Json.object());
    }

    private static void answer(
            ServerResponse response, Status status, String code, String detail, ObjectNode more) {
        if (response.isSent()) {
            // A stream that had begun; closing the connection tells the caller.
            throw new CloseConnectionException(detail);
        }
        ObjectNode body =
                Json.object()
                        .put("type", "about:blank")
                        .put("title", status.reasonPhrase())
                        .put("status", status.code())
                        .put("detail", detail)
                        .put("code", code);
        body.setAll(more);
        if (status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413_CODE) {
            // What the caller still sends is not worth reading.
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        Json.send(response, status, MEDIA_TYPE, Json.text(body));
    }

    private static void add(ResourceProblems problems, ArrayNode errors) {
        problems.problems()
                .forEach(problem ->
                        errors.addObject()
                                .put(
                                        "source",
                                        problems.source().isEmpty()
                                                ? "document " + problem.document()
                                                : problems.source())
                                .put("line", problem.line())
                                .put("column", problem.column())
                                .put("pointer", problem.pointer())
                                .put("message", problem.message()));
    }

    private static void add(RefusedChange refused, ArrayNode errors) {
        for (Refusal refusal : refused.refusals()) {
            errors.addObject()
                    .put("source", refusal.key().label())
                    .put("pointer", refusal.pointer())
                    .put("message", refusal.message());
        }
    }

    private static Status statusOf(MillraceException error) {
        if (error instanceof FailedPrecondition) {
            return Status.PRECONDITION_FAILED_412;
        }
        return switch (error.code()) {
            case INVALID -> Status.BAD_REQUEST_400;
            case NOT_FOUND -> Status.NOT_FOUND_404;
            case CONFLICT -> Status.CONFLICT_409;
            case DENIED -> Status.FORBIDDEN_403;
            case TOO_LARGE -> Status.REQUEST_ENTITY_TOO_LARGE_413;
            case OVERLOADED -> Status.TOO_MANY_REQUESTS_429;
            case UNAVAILABLE -> Status.SERVICE_UNAVAILABLE_503;
            case TIMEOUT -> Status.GATEWAY_TIMEOUT_504;
            case UNSUPPORTED -> Status.NOT_IMPLEMENTED_501;
            case USER_CODE, INTERNAL -> Status.INTERNAL_SERVER_ERROR_500;
        };
    }

    /** The code for what the HTTP server itself refused. */
    private static String codeOf(Status status) {
        return switch (status.code()) {
            case Status.NOT_FOUND_404_CODE -> ErrorCode.NOT_FOUND.name();
            case Status.REQUEST_ENTITY_TOO_LARGE_413_CODE -> ErrorCode.TOO_LARGE.name();
            default -> status.code() < 500 ? ErrorCode.INVALID.name() : ErrorCode.INTERNAL.name();
        };
    }

    private static String textOf(HttpException error) {
        String message = error.getMessage();
        return message == null ? error.status().reasonPhrase() : message;
    }
}
