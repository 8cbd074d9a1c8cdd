package io.millrace.inference.grpc;

import io.helidon.common.buffers.BufferData;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages together from the frames in which they come: five bytes that say whether it is
 * compressed and how long it is, then so many bytes. A message may spread over any number of
 * frames, its first five bytes too.
 *
 * <p>Memory follows what has really come, not what was announced.
 */
final class MessageReader {

    /** What {@link #read} understands. */
    static final String ENCODINGS = "identity,gzip,deflate";

    private static final int PREFIX = 5;

    /** So much memory is taken on the word of a prefix; more as it really comes. */
    private static final int MAX_TRUSTED = 1 << 20;

    private static final byte[] NOTHING = {};

    private final DataSize limit;
    private final String encoding;
    private final MessageMemory memory;
    private final byte[] prefix = new byte[PREFIX];
    private int prefixLength;
    private byte[] body = NOTHING;
    private int length;
    private int announced;

    /**
     * Begins at the first message of a call.
     *
     * @param limit the largest message, also after decompression
     * @param encoding how messages that say so are compressed; empty for not at all
     * @param memory from which it takes while a message comes
     */
    MessageReader(DataSize limit, String encoding, MessageMemory memory) {
        this.limit = limit;
        this.encoding = encoding;
        this.memory = memory;
        if (!isKnown(encoding)) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "grpc-encoding '%s' is not supported; use one of %s"
                            .formatted(encoding, ENCODINGS));
        }
    }

    private static boolean isKnown(String encoding) {
        return switch (encoding) {
            case "", "identity", "gzip", "deflate" -> true;
            default -> false;
        };
    }

    /**
     * Reads on until a message is complete; call it again until it returns null.
     *
     * @return the message, decompressed; null when more data is needed
     */
    byte @Nullable [] read(BufferData data) {
        if (prefixLength < PREFIX && !readPrefix(data)) {
            return null;
        }
        readBody(data);
        if (length < announced) {
            return null;
        }
        byte[] message = prefix[0] == 0 ? body : decompress();
        prefixLength = 0;
        length = 0;
        body = NOTHING;
        memory.release();
        return message;
    }

    /** Whether it stands between two messages. */
    boolean isComplete() {
        return prefixLength == 0;
    }

    private boolean readPrefix(BufferData data) {
        int n = Math.min(PREFIX - prefixLength, data.available());
        data.read(prefix, prefixLength, n);
        prefixLength += n;
        if (prefixLength < PREFIX) {
            return false;
        }
        if (prefix[0] != 0 && prefix[0] != 1) {
            throw MillraceException.invalid(
                    "a gRPC message begins with 0 or 1, received " + (prefix[0] & 0xff));
        }
        long size =
                (prefix[1] & 0xffL) << 24
                        | (prefix[2] & 0xff) << 16
                        | (prefix[3] & 0xff) << 8
                        | (prefix[4] & 0xff);
        if (size > limit.bytes()) {
            throw tooLarge("of " + size + " bytes ");
        }
        announced = (int) size;
        int first = Math.min(announced, MAX_TRUSTED);
        memory.hold(first);
        body = new byte[first];
        return true;
    }

    private void readBody(BufferData data) {
        while (length < announced && data.available() > 0) {
            if (length == body.length) {
                int grown = (int) Math.min(announced, length * 2L);
                memory.hold(grown);
                body = Arrays.copyOf(body, grown);
            }
            int n = Math.min(body.length - length, data.available());
            data.read(body, length, n);
            length += n;
        }
    }

    private byte[] decompress() {
        if (encoding.isEmpty() || encoding.equals("identity")) {
            throw MillraceException.invalid(
                    "the message says it is compressed, and the header grpc-encoding does not say"
                            + " how");
        }
        int most = (int) Math.min(limit.bytes(), Integer.MAX_VALUE - 16);
        var packed = new ByteArrayInputStream(body);
        try (InputStream in =
                encoding.equals("gzip")
                        ? new GZIPInputStream(packed)
                        : new InflaterInputStream(packed)) {
            byte[] message = in.readNBytes(most);
            if (message.length == most && in.read() >= 0) {
                throw tooLarge("decompressed ");
            }
            return message;
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "the message is not valid " + encoding, e);
        }
    }

    private MillraceException tooLarge(String which) {
        return new MillraceException(
                ErrorCode.TOO_LARGE,
                "the message %sis larger than the %s allowed".formatted(which, limit));
    }
}
