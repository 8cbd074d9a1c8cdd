package io.millrace.codec.kserve;

import io.millrace.codec.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What annotations of either generation say about an object store. */
final class S3Annotations {

    private static final List<String> PREFIXES =
            List.of("serving.kserve.io/s3-", "serving.kubeflow.org/s3-");
    private static final Set<String> TRUE = Set.of("1", "true", "yes");
    private static final Set<String> FALSE = Set.of("0", "false", "no");

    private final Map<String, Value> annotations;

    S3Annotations(Map<String, Value> annotations) {
        this.annotations = annotations;
    }

    boolean isWritten() {
        return annotations.keySet().stream()
                .anyMatch(name -> PREFIXES.stream().anyMatch(name::startsWith));
    }

    Optional<Value> find(String name) {
        for (String prefix : PREFIXES) {
            Value value = annotations.get(prefix + name);
            if (value != null && value.isScalar()) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    /** A switch; {@code "0"} and {@code "1"} are what KServe writes. */
    boolean flag(String name, boolean otherwise) {
        Optional<Value> value = find(name);
        if (value.isEmpty()) {
            return otherwise;
        }
        String text = value.get().looseText().strip().toLowerCase(java.util.Locale.ROOT);
        if (TRUE.contains(text)) {
            return true;
        }
        if (!FALSE.contains(text)) {
            value.get().problem("expected \"0\" or \"1\"");
        }
        return false;
    }
}
