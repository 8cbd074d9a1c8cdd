package io.millrace.inference.grpc;

import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.inference.protocol.BodyMemory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The methods that are answered over gRPC, and the calls under way. */
final class GrpcProtocol {

    private final Map<String, GrpcMethod<?, ?>> byPath;
    private final DataSize maxMessage;
    private final TimeSource time;
    private final BodyMemory bodies;
    private final OpenCalls openCalls;

    GrpcProtocol(
            List<GrpcMethod<?, ?>> methods, GrpcConfig config, TimeSource time, BodyMemory bodies) {
        Map<String, GrpcMethod<?, ?>> paths = new HashMap<>();
        for (GrpcMethod<?, ?> method : methods) {
            if (paths.put("/" + method.name(), method) != null) {
                throw MillraceException.internal("two methods are called " + method.name(), null);
            }
        }
        this.byPath = Map.copyOf(paths);
        this.maxMessage = config.maxMessage();
        this.time = time;
        this.bodies = bodies;
        this.openCalls = new OpenCalls(time, config.timeout());
    }

    @Nullable GrpcMethod<?, ?> find(String path) {
        return byPath.get(path);
    }

    DataSize maxMessage() {
        return maxMessage;
    }

    BodyMemory bodies() {
        return bodies;
    }

    TimeSource time() {
        return time;
    }

    OpenCalls openCalls() {
        return openCalls;
    }
}
