package io.millrace.inference.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.inference.protocol.StatusNumbers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Errors as the inference protocols send them: always JSON, {@code {"error": "…"}}. */
final class HttpErrors {

    private static final Logger LOG = LoggerFactory.getLogger(HttpErrors.class);
    private static final String RETRY_SECONDS = "1";

    private HttpErrors() {}

    /** Whatever goes wrong, clients call {@code .json()} on the answer. */
    static Handler guarded(Handler handler) {
        return (request, response) -> {
            try {
                handler.handle(request, response);
            } catch (MillraceException e) {
                if (e.code() == ErrorCode.INTERNAL) {
                    LOG.error("inference request failed", e);
                }
                send(response, e);
            } catch (DataReader.InsufficientDataAvailableException e) {
                send(
                        response,
                        Status.BAD_REQUEST_400,
                        "the body did not arrive completely"); // perhaps nobody reads it
            } catch (java.io.UncheckedIOException
                    | io.helidon.http.HttpException
                    | io.helidon.webserver.CloseConnectionException e) {
                throw e; // of the connection: Helidon knows what to do
            } catch (RuntimeException e) {
                LOG.error("inference request failed", e);
                send(
                        response,
                        Status.INTERNAL_SERVER_ERROR_500,
                        e.getClass().getSimpleName() + " : " + e.getMessage());
            }
        };
    }

    static Status status(ErrorCode code) {
        return Status.create(StatusNumbers.of(code));
    }

    static void send(ServerResponse response, MillraceException error) {
        retryLater(response, error.code());
        send(response, status(error.code()), error.text());
    }

    /** Says when to come back, if that may help. */
    static void retryLater(ServerResponse response, ErrorCode code) {
        if (code == ErrorCode.OVERLOADED || code == ErrorCode.UNAVAILABLE) {
            response.header(HeaderNames.RETRY_AFTER, RETRY_SECONDS);
        }
    }

    /** As KServe's router puts it: {@code {"error": "…", "cause": "…"}}. */
    static void sendAsCause(ServerResponse response, MillraceException cause) {
        if (cause.code() == ErrorCode.INTERNAL) {
            LOG.error("inference graph failed", cause);
        }
        retryLater(response, cause.code());
        response.status(status(cause.code()));
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("error", "Failed to process request");
                    json.writeStringProperty("cause", cause.text());
                    json.writeEndObject();
                });
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
