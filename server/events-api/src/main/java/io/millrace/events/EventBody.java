package io.millrace.events;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;

/** The body of a request. */
final class EventBody {

    /** Notifications have a few kilobytes, the largest of Amazon's 256. */
    static final int MOST_BYTES = 1 << 20;

    private EventBody() {}

    static byte[] read(ServerRequest request) {
        if (request.headers().contentLength().orElse(-1) > MOST_BYTES) {
            throw tooLarge();
        }
        String encoding = request.headers().first(HeaderNames.CONTENT_ENCODING).orElse("identity");
        if (!encoding.strip().equalsIgnoreCase("identity")) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED, "send the body without Content-Encoding");
        }
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try (InputStream in = request.content().inputStream()) {
            byte[] body = in.readNBytes(MOST_BYTES + 1);
            if (body.length > MOST_BYTES) {
                throw tooLarge();
            }
            return body;
        } catch (IOException e) {
            throw new MillraceException(ErrorCode.INVALID, "the body did not arrive completely", e);
        }
    }

    private static MillraceException tooLarge() {
        return new MillraceException(
                ErrorCode.TOO_LARGE, "the body is larger than the 1 MiB allowed");
    }
}
