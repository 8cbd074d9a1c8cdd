package io.millrace.inference.grpc;

import io.grpc.Status;
import io.millrace.api.ErrorCode;
import java.nio.charset.StandardCharsets;

/** Errors as gRPC sends them: a code and a text in the trailers. */
final class GrpcStatus {

    /** Clients take 8 KiB of headers; a text has no need for more than this. */
    private static final int MAX_BYTES = 4096;

    private static final String HEX = "0123456789ABCDEF";

    private GrpcStatus() {}

    static Status.Code of(ErrorCode code) {
        return switch (code) {
            case INVALID -> Status.Code.INVALID_ARGUMENT;
            case NOT_FOUND -> Status.Code.NOT_FOUND;
            case CONFLICT -> Status.Code.ABORTED;
            case DENIED -> Status.Code.PERMISSION_DENIED;
            case TOO_LARGE, OVERLOADED -> Status.Code.RESOURCE_EXHAUSTED;
            case UNAVAILABLE -> Status.Code.UNAVAILABLE;
            case TIMEOUT -> Status.Code.DEADLINE_EXCEEDED;
            case UNSUPPORTED -> Status.Code.UNIMPLEMENTED;
            case USER_CODE, INTERNAL -> Status.Code.INTERNAL;
        };
    }

    /** Percent-encodes a text for {@code grpc-message}; too long a text is cut. */
    static String encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        var out = new StringBuilder(bytes.length + 16);
        for (int i = 0; i < bytes.length && out.length() < MAX_BYTES; i++) {
            int b = bytes[i] & 0xff;
            if (b >= ' ' && b <= '~' && b != '%') {
                out.append((char) b);
            } else {
                out.append('%').append(HEX.charAt(b >> 4)).append(HEX.charAt(b & 15));
            }
        }
        return out.toString();
    }
}
