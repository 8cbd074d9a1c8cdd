package io.millrace.inference.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;

/** Errors as the inference protocols send them: always JSON, {@code {"error": "…"}}. */
final class HttpErrors {

    private static final String RETRY_SECONDS = "1";

    private HttpErrors() {}

    static Status status(ErrorCode code) {
        return switch (code) {
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

    static void send(ServerResponse response, MillraceException error) {
        if (error.code() == ErrorCode.OVERLOADED || error.code() == ErrorCode.UNAVAILABLE) {
            response.header(HeaderNames.RETRY_AFTER, RETRY_SECONDS);
        }
        send(response, status(error.code()), error.text());
    }

    static void send(ServerResponse response, Status status, String text) {
        response.status(status);
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("error", text);
                    json.writeEndObject();
                });
    }
}
