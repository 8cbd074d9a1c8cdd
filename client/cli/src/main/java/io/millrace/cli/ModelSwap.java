package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.client.ApiResource;
import io.millrace.client.MillraceClient;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Waits until the version that shall be in production answers. */
final class ModelSwap {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    private final MillraceClient client;
    private final TimeSource time;

    ModelSwap(MillraceClient client, TimeSource time) {
        this.client = client;
        this.time = time;
    }

    /**
     * Waits.
     *
     * @param wanted the model as it was written
     * @param limit the most to wait
     * @return why the version does not answer; empty when it does
     */
    Optional<String> await(ResourceKey key, ApiResource wanted, int version, Duration limit) {
        long deadline = time.nanoTime() + limit.toNanos();
        while (true) {
            ApiResource model = client.get(key);
            String refusal = refusal(model, version);
            if (!refusal.isEmpty()) {
                return Optional.of(refusal);
            }
            if (isTakenUp(model, wanted)) {
                JsonNode traffic = client.models().traffic(key);
                if (traffic.path("serving").asInt(0) == version) {
                    return Optional.empty();
                }
                String remark = traffic.path("remark").asString("");
                if (!remark.isEmpty()) {
                    return Optional.of(remark);
                }
            }
            if (time.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
                return Optional.of(
                        "it does not answer after "
                                + limit.toSeconds()
                                + " s, it is "
                                + status(model, version).path("state").asString("not seen yet")
                                + "; the server goes on trying");
            }
            time.pause(BETWEEN_LOOKS);
        }
    }

    private static boolean isTakenUp(ApiResource model, ApiResource wanted) {
        return model.ready()
                .map(Condition::observedGeneration)
                .filter(generation -> generation >= wanted.generation())
                .isPresent();
    }

    private static String refusal(ApiResource model, int version) {
        int production = model.spec().path("aliases").path("production").asInt(0);
        if (production != version) {
            return "version " + production + " was promoted in the meantime";
        }
        JsonNode status = status(model, version);
        return status.path("state").asString("").equals("Rejected")
                ? "it was rejected: " + status.path("message").asString("")
                : "";
    }

    private static JsonNode status(ApiResource model, int version) {
        for (JsonNode status : model.status().path("versions")) {
            if (status.path("version").asInt(0) == version) {
                return status;
            }
        }
        return JsonMapper.shared().missingNode();
    }
}
