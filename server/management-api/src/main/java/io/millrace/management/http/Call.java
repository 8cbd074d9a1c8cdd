package io.millrace.management.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.store.ResourceStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/**
 * One request and its response, with the parts that handlers ask for, checked.
 *
 * @param request what came
 * @param response what goes
 */
record Call(ServerRequest request, ServerResponse response) {
    private static final int MAX_DISCARDED = 1 << 20;
    private static final int DISCARDED_AT_ONCE = 16 * 1024;

    ProjectId project() {
        return new ProjectId(path("project"));
    }

    ResourceName name() {
        return new ResourceName(path("name"));
    }

    /** The key that the path names. */
    ResourceKey key(Kind kind) {
        return kind.isInProject()
                ? ResourceKey.of(kind, project(), name())
                : ResourceKey.ofInstall(kind, name());
    }

    /**
     * The key that the path names, of a resource that exists.
     *
     * @throws MillraceException {@code NOT_FOUND} when there is none
     */
    ResourceKey existing(Kind kind, ResourceStore store) {
        ResourceKey key = key(kind);
        if (store.image().find(key).isEmpty()) {
            throw ResourceWrites.unknown(key);
        }
        return key;
    }

    String path(String parameter) {
        return request.path().pathParameters().get(parameter);
    }

    Optional<String> query(String parameter) {
        return request.query().first(parameter).asOptional().filter(text -> !text.isEmpty());
    }

    boolean flag(String parameter) {
        Optional<String> text = query(parameter);
        if (text.isEmpty() || text.get().equals("false")) {
            return false;
        }
        if (text.get().equals("true")) {
            return true;
        }
        throw MillraceException.invalid(
                "query parameter '"
                        + parameter
                        + "' must be true or false, was '"
                        + text.get()
                        + "'");
    }

    int number(String parameter, int otherwise, int least, int most) {
        return query(parameter)
                .map(text -> integer("query parameter '" + parameter + "'", text, least, most))
                .orElse(otherwise);
    }

    long revision(String what, String text) {
        try {
            long value = Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException _) {
            // The same answer as for a negative number.
        }
        throw MillraceException.invalid(what + " must be a revision, was '" + text + "'");
    }

    static int integer(String what, String text, int least, int most) {
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException _) {
            // The same answer as for a number out of range.
        }
        throw MillraceException.invalid(
                what
                        + " must be an integer from "
                        + least
                        + " to "
                        + most
                        + ", was '"
                        + text
                        + "'");
    }

    Optional<String> header(HeaderName name) {
        return request.headers().first(name);
    }

    /** The body as text; it must be UTF-8 and fit. */
    String text(DataSize limit) {
        byte[] bytes = bytes(limit);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new MillraceException(ErrorCode.INVALID, "the body is not UTF-8 text", e);
        }
    }

    private byte[] bytes(DataSize limit) {
        checkLength(limit);
        try (InputStream in = body()) {
            byte[] bytes = in.readNBytes((int) limit.bytes() + 1);
            if (bytes.length > limit.bytes()) {
                throw tooLarge(limit);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The body as a stream; empty when there is none. */
    InputStream body() {
        return request.content().hasEntity()
                ? request.content().inputStream()
                : InputStream.nullInputStream();
    }

    /** Refuses a body that says itself that it does not fit. */
    void checkLength(DataSize limit) {
        OptionalLong length = request.headers().contentLength();
        if (length.isPresent() && length.getAsLong() > limit.bytes()) {
            if (header(HeaderNames.EXPECT).isEmpty()) {
                discard(body());
            }
            throw tooLarge(limit);
        }
    }

    /**
     * Reads and drops what a caller still sends, up to a mebibyte: the connection is closed after
     * the answer, and a caller that is cut off while it sends may never see why.
     */
    static void discard(InputStream body) {
        var buffer = new byte[DISCARDED_AT_ONCE];
        int left = MAX_DISCARDED;
        try {
            for (int n = 0; n >= 0 && left > 0; left -= n) {
                n = body.read(buffer, 0, Math.min(left, buffer.length));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MillraceException tooLarge(DataSize limit) {
        return new MillraceException(
                ErrorCode.TOO_LARGE, "the body is larger than the limit of " + limit);
    }

    boolean accepts(String mediaType) {
        return header(HeaderNames.ACCEPT).map(text -> text.contains(mediaType)).orElse(false);
    }

    void ok(JsonNode body) {
        Json.send(response, Status.OK_200, body);
    }
}
