package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.SignatureChange;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrafficRule;
import io.millrace.codec.ModelRequests;
import io.millrace.codec.ModelRequests.Promotion;
import io.millrace.spi.ModelHost;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Decides which version of a model answers those who name none. */
final class ModelTraffic {
    private final ModelWrites writes;
    private final ModelHost models;

    ModelTraffic(ModelWrites writes, ModelHost models) {
        this.writes = writes;
        this.models = models;
    }

    /** Makes an alias name a version. */
    Resource<?> alias(ResourceKey key, String alias, int version) {
        if (!ModelRequests.isAlias(alias)) {
            throw MillraceException.invalid("an alias must not be empty or a number");
        }
        return writes.change(
                key,
                spec -> {
                    requireUsable(key, spec, version);
                    return withAliases(spec, aliases -> aliases.put(alias, version));
                });
    }

    /** Takes an alias away. */
    Resource<?> removeAlias(ResourceKey key, String alias) {
        return writes.change(
                key,
                spec -> {
                    if (!spec.aliases().containsKey(alias)) {
                        throw MillraceException.notFound(
                                "%s has no alias '%s'".formatted(key.label(), alias));
                    }
                    return withAliases(spec, aliases -> aliases.remove(alias));
                });
    }

    /**
     * Puts a version into production; the one that was there becomes {@code previous}. A canary or
     * shadow of the version has done its work and ends.
     */
    Resource<?> promote(ResourceKey key, Promotion promotion) {
        int version = promotion.version();
        OptionalInt serving = models.serving(key);
        return writes.change(
                key,
                spec -> {
                    requireUsable(key, spec, version);
                    refusePinned(key, spec, version);
                    ModelSpec promoted =
                            withAliases(spec, aliases -> takeOver(aliases, version, spec, serving));
                    if (isTriedOut(spec.traffic(), version)) {
                        promoted = promoted.withTraffic(new TrafficRule.ByAlias());
                    }
                    return promotion
                            .allowSignatureChange()
                            .map(allowed ->
                                    allowed ? SignatureChange.ALLOW : SignatureChange.REFUSE)
                            .map(promoted::withSignatureChange)
                            .orElse(promoted);
                });
    }

    private static void takeOver(
            Map<String, Integer> aliases, int version, ModelSpec spec, OptionalInt serving) {
        Integer production = aliases.put(ModelSpec.PRODUCTION, version);
        // Without the alias the highest version answered: a rollback leads back to it.
        int before =
                production != null
                        ? production
                        : serving.stream()
                                .filter(number -> spec.version(number).isPresent())
                                .findFirst()
                                .orElse(version);
        if (before != version) {
            aliases.put(ModelSpec.PREVIOUS, before);
        }
    }

    /** Exchanges what is in production with what was before. */
    Resource<?> rollBack(ResourceKey key) {
        return writes.change(
                key,
                spec -> {
                    Integer production = spec.aliases().get(ModelSpec.PRODUCTION);
                    Integer previous = spec.aliases().get(ModelSpec.PREVIOUS);
                    if (previous == null) {
                        throw conflict(
                                key.label()
                                        + " has no alias 'previous' to go back to: no version has"
                                        + " taken over from another; promote a version by its"
                                        + " number");
                    }
                    requireUsable(key, spec, previous);
                    refusePinned(key, spec, previous);
                    return withAliases(
                            spec,
                            aliases -> {
                                aliases.put(ModelSpec.PRODUCTION, previous);
                                if (production == null) {
                                    aliases.remove(ModelSpec.PREVIOUS);
                                } else {
                                    aliases.put(ModelSpec.PREVIOUS, production);
                                }
                            });
                });
    }

    /** Sets the rule that a text holds. */
    Resource<?> rule(ResourceKey key, String text) {
        return writes.change(
                key,
                spec -> {
                    Set<Integer> known =
                            spec.versions().stream()
                                    .map(ModelSpec.Version::version)
                                    .collect(Collectors.toSet());
                    return spec.withTraffic(ModelRequests.traffic(text, known));
                });
    }

    private void requireUsable(ResourceKey key, ModelSpec spec, int version) {
        if (spec.version(version).isEmpty()) {
            throw unknownVersion(key, spec, version);
        }
        models.observe(key).stream()
                .filter(status -> status.version() == version && status.state() == State.REJECTED)
                .map(ModelVersionStatus::message)
                .findFirst()
                .ifPresent(message -> {
                    throw conflict(
                            "version %d of %s was rejected: %s"
                                    .formatted(version, key.label(), message));
                });
    }

    static MillraceException unknownVersion(ResourceKey key, ModelSpec spec, int version) {
        String known =
                spec.versions().stream()
                        .map(v -> Integer.toString(v.version()))
                        .collect(Collectors.joining(", "));
        return MillraceException.notFound(
                "%s has no version %d; it has %s"
                        .formatted(key.label(), version, known.isEmpty() ? "none" : known));
    }

    /** An alias that nobody's calls follow would look like a promotion that does nothing. */
    private static void refusePinned(ResourceKey key, ModelSpec spec, int version) {
        if (spec.traffic() instanceof TrafficRule.Pinned(int pinned) && pinned != version) {
            throw conflict(
                    "the traffic of %s is pinned to version %d; let it follow the alias first: millrace models traffic %s --by-alias"
                            .formatted(key.label(), pinned, key.name()));
        }
    }

    private static boolean isTriedOut(TrafficRule rule, int version) {
        return switch (rule) {
            case TrafficRule.Canary(int canary, int _, String _) -> canary == version;
            case TrafficRule.Shadow(int shadow, int _) -> shadow == version;
            case TrafficRule.Pinned _, TrafficRule.ByAlias() -> false;
        };
    }

    private static ModelSpec withAliases(ModelSpec spec, Consumer<Map<String, Integer>> change) {
        var aliases = new HashMap<>(spec.aliases());
        change.accept(aliases);
        return spec.withAliases(aliases);
    }

    private static MillraceException conflict(String message) {
        return new MillraceException(ErrorCode.CONFLICT, message);
    }
}
