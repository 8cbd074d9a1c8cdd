package io.millrace.inference.grpc;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.millrace.api.MillraceException;
import io.millrace.inference.grpc.proto.GRPCInferenceServiceGrpc;
import java.util.function.BooleanSupplier;

/** The standard health service. {@code Watch} is not served; clients then take us as healthy. */
final class HealthCalls {

    private final BooleanSupplier ready;

    HealthCalls(BooleanSupplier ready) {
        this.ready = ready;
    }

    HealthCheckResponse check(HealthCheckRequest request) {
        String service = request.getService();
        if (!service.isEmpty() && !service.equals(GRPCInferenceServiceGrpc.SERVICE_NAME)) {
            throw MillraceException.notFound("there is no service " + service);
        }
        return HealthCheckResponse.newBuilder()
                .setStatus(ready.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING)
                .build();
    }
}
