package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ResourceName;
import io.millrace.api.TrafficRule;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Signature;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model as its callers see it at one moment. Never changes: a call that has found its version
 * here is not touched by what happens next. Hot path: finding a version allocates nothing.
 *
 * @param targets the versions that can be called, by number
 * @param base answers those who name no version
 * @param canary gets a share of the calls of those who name no version
 * @param isCanaryAlike whether whatever fits the base fits the canary
 * @param shadow gets a copy of a share of those calls
 * @param states all versions
 */
record Picture(
        ResourceName model,
        Map<Integer, Target> targets,
        Map<String, Integer> aliases,
        TrafficRule rule,
        @Nullable Target base,
        @Nullable Target canary,
        boolean isCanaryAlike,
        @Nullable Target shadow,
        List<VersionState> states,
        String framework,
        String remark) {

    /**
     * A version that can be called.
     *
     * @param serving null while it is not in memory
     * @param signatures empty when they are not known before it is in memory
     * @param calls where its calls are counted
     */
    record Target(
            ServedVersion version,
            ServedVersion.@Nullable Serving serving,
            List<Signature> signatures,
            VersionCalls calls) {}

    /** A model of which nothing is known yet. */
    static Picture empty(ResourceName model) {
        return new Picture(
                model,
                Map.of(),
                Map.of(),
                new TrafficRule.ByAlias(),
                null,
                null,
                true,
                null,
                List.of(),
                "",
                "");
    }

    /**
     * The version that answers, canaries apart.
     *
     * @throws MillraceException {@code NOT_FOUND} or {@code UNAVAILABLE}
     */
    Target resolve(VersionRef ref) {
        return switch (ref) {
            case VersionRef.Serving() -> {
                if (base == null) {
                    throw notReady(wanted());
                }
                yield base;
            }
            case VersionRef.Numbered(int version) -> numbered(version);
            case VersionRef.Alias(String alias) -> {
                Integer version = aliases.get(alias);
                if (version == null) {
                    throw MillraceException.notFound(
                            "Model with name %s has no version called '%s'."
                                    .formatted(model, alias));
                }
                yield numbered(version);
            }
        };
    }

    private Target numbered(int version) {
        Target target = targets.get(version);
        if (target != null) {
            return target;
        }
        if (states.stream().noneMatch(state -> state.version() == version)) {
            throw MillraceException.notFound(
                    "Model with name %s has no version %d.".formatted(model, version));
        }
        throw notReady(version);
    }

    /** Whether the next call of those who name no version goes to the canary. */
    boolean isForCanary(Division division, String routing) {
        return canary != null
                && rule instanceof TrafficRule.Canary(int _, int percent, String header)
                && isInShare(division, percent, header.isEmpty() ? "" : routing);
    }

    private static boolean isInShare(Division division, int percent, String caller) {
        return caller.isEmpty() ? division.takesNext(percent) : division.takes(percent, caller);
    }

    /** Whether the next call of those who name no version is given to the shadow, too. */
    boolean isForShadow(Division division) {
        return shadow != null
                && rule instanceof TrafficRule.Shadow(int _, int percent)
                && division.takesNext(percent);
    }

    /** The header that divides callers; empty when there is none. */
    String stickyHeader() {
        return rule instanceof TrafficRule.Canary(int _, int _, String header) ? header : "";
    }

    private @Nullable Integer wanted() {
        return rule instanceof TrafficRule.Pinned(int version)
                ? Integer.valueOf(version)
                : aliases.get(ModelSpec.PRODUCTION);
    }

    private MillraceException notReady(@Nullable Integer version) {
        var text = new StringBuilder("Model with name " + model + " is not ready.");
        for (VersionState state : states) {
            if (!state.isReady() && (version == null || version == state.version())) {
                text.append(" Version ")
                        .append(state.version())
                        .append(": ")
                        .append(state.message());
                break;
            }
        }
        return new MillraceException(ErrorCode.UNAVAILABLE, text.toString());
    }

    /** A version as callers see it. */
    Description describe(Target target) {
        return new Description(
                model,
                states,
                framework,
                Optional.of(target.version().version()),
                target.signatures());
    }

    /** For lists: never fails. */
    Description describe() {
        return base == null
                ? new Description(model, states, framework, Optional.empty(), List.of())
                : describe(base);
    }
}
