package io.millrace.inference.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.inference.protocol.BodyMemory;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** Reads a request's body up to a limit, which for a compressed one is that of its content. */
final class BodyReader {

    private static final int FIRST_BYTES = 16 * 1024;

    /** So much memory is taken on the word of a header; more as it really comes. */
    private static final int MAX_TRUSTED = 1 << 20;

    /** Smaller ones are not worth a counter that all requests share. */
    private static final int COUNTED_FROM = 64 * 1024;

    private final DataSize limit;
    private final BodyMemory memory;

    BodyReader(DataSize limit, BodyMemory memory) {
        this.limit = limit;
        this.memory = memory;
    }

    byte[] read(ServerRequest request) {
        long declared = request.headers().contentLength().orElse(-1);
        if (declared > limit.bytes()) {
            throw tooLarge();
        }
        boolean isCompressed =
                request.headers().contains(HeaderNames.CONTENT_ENCODING)
                        && isGzip(request.headers().get(HeaderNames.CONTENT_ENCODING).get());
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try (InputStream in = request.content().inputStream()) {
            if (isCompressed) {
                return read(new GZIPInputStream(in, FIRST_BYTES), FIRST_BYTES);
            }
            return read(in, (int) (declared < 0 ? FIRST_BYTES : Math.min(declared, MAX_TRUSTED)));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    isCompressed
                            ? "the body is not complete gzip data: " + e.getMessage()
                            : "the body did not arrive completely",
                    e);
        }
    }

    private static boolean isGzip(String encoding) {
        return switch (encoding.strip().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> true;
            case "identity", "" -> false;
            default ->
                    throw new MillraceException(
                            ErrorCode.UNSUPPORTED,
                            "Bodies with Content-Encoding '%s' are not supported; send gzip or none."
                                    .formatted(encoding));
        };
    }

    private byte[] read(InputStream in, int expected) throws IOException {
        long taken = take(0, expected);
        try {
            byte[] body = new byte[expected];
            int length = 0;
            while (true) {
                if (length == body.length) {
                    int next = in.read();
                    if (next < 0) {
                        return body;
                    }
                    int grown = grown(length);
                    taken = take(taken, grown);
                    body = Arrays.copyOf(body, grown);
                    body[length++] = (byte) next;
                }
                int n = in.read(body, length, body.length - length);
                if (n < 0) {
                    return Arrays.copyOf(body, length);
                }
                length += n;
                if (length > limit.bytes()) {
                    throw tooLarge();
                }
            }
        } finally {
            if (taken > 0) {
                memory.giveBack(taken);
            }
        }
    }

    private int grown(int length) {
        long grown = Math.min(limit.bytes() + 1, Math.max(FIRST_BYTES, length * 2L));
        return (int) Math.max(grown, length + 1L);
    }

    /** How much is taken then. */
    private long take(long taken, int wanted) {
        if (wanted < COUNTED_FROM) {
            return taken;
        }
        memory.take(wanted - taken);
        return wanted;
    }

    private MillraceException tooLarge() {
        return new MillraceException(
                ErrorCode.TOO_LARGE, "the body is larger than the " + limit + " allowed");
    }
}
