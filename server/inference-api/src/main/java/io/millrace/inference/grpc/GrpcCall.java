package io.millrace.inference.grpc;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import java.time.Duration;

/** What came along with a request message. */
final class GrpcCall {

    /** The metadata key that chooses a project; paths cannot, they are fixed in gRPC. */
    static final String PROJECT_KEY = "millrace-project";

    private static final HeaderName PROJECT = HeaderNames.create(PROJECT_KEY);
    private static final HeaderName TIMEOUT = HeaderNames.create("grpc-timeout");

    private final Headers headers;
    private final TimeSource time;
    private final long begin;
    private final long allowedNanos;

    /** Begins a call: its deadline counts from here. */
    GrpcCall(Headers headers, TimeSource time) {
        this.headers = headers;
        this.time = time;
        this.begin = time.nanoTime();
        this.allowedNanos = GrpcTimeout.nanos(header(TIMEOUT));
    }

    /** The value of a metadata key; empty when there is none. */
    String header(String key) {
        return header(HeaderNames.create(key));
    }

    private String header(HeaderName name) {
        return headers.contains(name) ? headers.get(name).get() : "";
    }

    /** The project that the caller chose, or the default one. */
    ProjectId project() {
        String name = header(PROJECT);
        if (name.isEmpty()) {
            return ProjectId.DEFAULT;
        }
        try {
            return new ProjectId(name);
        } catch (MillraceException e) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "Project " + name + " does not exist.", e);
        }
    }

    /**
     * What is left of the caller's deadline, at most so much.
     *
     * @throws MillraceException {@code TIMEOUT} when nothing is left
     */
    Duration remaining(Duration most) {
        if (allowedNanos == GrpcTimeout.NONE) {
            return most;
        }
        long left = allowedNanos - (time.nanoTime() - begin);
        if (left <= 0) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT, "the deadline passed before the call could begin");
        }
        return left < most.toNanos() ? Duration.ofNanos(left) : most;
    }
}
