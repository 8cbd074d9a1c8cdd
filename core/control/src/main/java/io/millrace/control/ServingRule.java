package io.millrace.control;

import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.TrafficRule;
import io.millrace.api.VersionRef;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Whether what a reference to a model means can be called. Pure: the host says what serves. */
final class ServingRule {
    private ServingRule() {}

    /** What is missing before a reference can be called; empty when it can. */
    static Optional<String> missing(
            VersionRef reference,
            ModelSpec spec,
            List<ModelVersionStatus> versions,
            OptionalInt serving) {
        return switch (reference) {
            case VersionRef.Numbered(int number) -> missingVersion(number, spec, versions);
            case VersionRef.Alias(String name) -> missingAlias(name, spec, versions);
            case VersionRef.Serving() ->
                    serving.isPresent() ? Optional.empty() : missingServing(spec, versions);
        };
    }

    private static Optional<String> missingServing(
            ModelSpec spec, List<ModelVersionStatus> versions) {
        Integer wanted =
                spec.traffic() instanceof TrafficRule.Pinned(int pinned)
                        ? Integer.valueOf(pinned)
                        : spec.aliases().get(ModelSpec.PRODUCTION);
        return wanted == null
                ? Optional.of("no version is ready")
                : missingVersion(wanted, spec, versions);
    }

    private static Optional<String> missingAlias(
            String name, ModelSpec spec, List<ModelVersionStatus> versions) {
        Integer number = spec.aliases().get(name);
        return number == null
                ? Optional.of("it has no alias '" + name + "'")
                : missingVersion(number, spec, versions);
    }

    private static Optional<String> missingVersion(
            int number, ModelSpec spec, List<ModelVersionStatus> versions) {
        if (spec.version(number).isEmpty()) {
            return Optional.of("it has no version " + number);
        }
        return versions.stream()
                .filter(version -> version.version() == number)
                .findFirst()
                .map(ServingRule::missing)
                .orElse(Optional.of("version " + number + " is not loaded yet"));
    }

    private static Optional<String> missing(ModelVersionStatus version) {
        return switch (version.state()) {
            case READY -> Optional.empty();
            case PENDING, PROBING ->
                    Optional.of("version " + version.version() + " is not loaded yet");
            case REJECTED ->
                    Optional.of(
                            "version " + version.version() + " was rejected: " + version.message());
        };
    }
}
