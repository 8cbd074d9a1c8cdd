package io.millrace.inference.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Answers in gzip for callers that accept it. Fast rather than small: numbers as text shrink to
 * less than half at the lowest level. Raw tensors hardly shrink and are never compressed.
 */
final class Compression {

    /** What fits into one packet gains nothing. */
    private static final int FROM_BYTES = 1024;

    private static final int BUFFER = 8 * 1024;

    private Compression() {}

    /** The body to send; sets the headers when it is compressed. */
    static byte[] apply(ServerRequest request, ServerResponse response, byte[] body) {
        if (body.length < FROM_BYTES) {
            return body;
        }
        response.header(HeaderNames.VARY, HeaderNames.ACCEPT_ENCODING.defaultCase());
        if (!request.headers().contains(HeaderNames.ACCEPT_ENCODING)
                || !acceptsGzip(request.headers().get(HeaderNames.ACCEPT_ENCODING).values())) {
            return body;
        }
        byte[] compressed = compress(body);
        if (compressed.length >= body.length) {
            return body;
        }
        response.header(HeaderNames.CONTENT_ENCODING, "gzip");
        return compressed;
    }

    /** Whether the header names gzip without refusing it by {@code q=0}. */
    static boolean acceptsGzip(String accepted) {
        for (String part : accepted.split(",", -1)) {
            String[] words = part.split(";", -1);
            String coding = words[0].strip().toLowerCase(Locale.ROOT);
            if (coding.equals("gzip") || coding.equals("x-gzip")) {
                return words.length == 1 || !isZero(words[1]);
            }
        }
        return false;
    }

    private static boolean isZero(String weight) {
        return weight.strip().matches("[qQ]\\s*=\\s*0(\\.0*)?");
    }

    private static byte[] compress(byte[] body) {
        var bytes = new ByteArrayOutputStream(body.length / 2);
        try (var gzip = new FastGzip(bytes)) {
            gzip.write(body);
        } catch (IOException e) {
            throw MillraceException.internal("memory cannot be written to", e);
        }
        return bytes.toByteArray();
    }

    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, BUFFER);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
