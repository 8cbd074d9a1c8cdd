package io.millrace.codec.kserve;

import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.Version;
import io.millrace.api.TrafficRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The versions of a model and who answers, after one more address was declared. An address that is
 * known is its version; a new one is the next version.
 *
 * @param versions those that there were and the new one
 * @param aliases those that there were, {@code production} as decided
 * @param traffic which version answers
 */
record Rollout(List<Version> versions, Map<String, Integer> aliases, TrafficRule traffic) {

    private static final int ALL = 100;

    Rollout {
        versions = List.copyOf(versions);
        aliases = Map.copyOf(aliases);
    }

    /** What a model is now; of one that is new there is nothing. */
    static Rollout of(Optional<ModelSpec> model) {
        return model.map(spec -> new Rollout(spec.versions(), spec.aliases(), spec.traffic()))
                .orElseGet(() -> new Rollout(List.of(), Map.of(), new TrafficRule.ByAlias()));
    }

    /** The version in production, or the highest where no alias says so. */
    OptionalInt production() {
        Integer named = aliases.get(ModelSpec.PRODUCTION);
        return named != null
                ? OptionalInt.of(named)
                : versions.stream().mapToInt(Version::version).max();
    }

    /** All calls go to the version of this address. */
    Rollout serve(Version wanted) {
        int number = numberOf(wanted);
        var named = new LinkedHashMap<>(aliases);
        OptionalInt before = production();
        named.put(ModelSpec.PRODUCTION, number);
        if (before.isPresent() && before.getAsInt() != number) {
            named.put(ModelSpec.PREVIOUS, before.getAsInt());
        }
        return new Rollout(with(wanted, number), named, new TrafficRule.ByAlias());
    }

    /**
     * A share of the calls goes to the version of this address, the others stay where they are. The
     * version in production itself, and the first of all, gets all of them.
     */
    Rollout tryOut(Version wanted, int percent) {
        int number = numberOf(wanted);
        if (percent == ALL || versions.isEmpty() || isInProduction(number)) {
            return serve(wanted);
        }
        var named = new LinkedHashMap<>(aliases);
        production().ifPresent(version -> named.put(ModelSpec.PRODUCTION, version));
        return new Rollout(
                with(wanted, number), named, new TrafficRule.Canary(number, percent, ""));
    }

    private boolean isInProduction(int number) {
        return production().isPresent() && production().getAsInt() == number;
    }

    private int numberOf(Version wanted) {
        return versions.stream()
                .filter(v -> v.uri().equals(wanted.uri()))
                .mapToInt(Version::version)
                .max()
                .orElseGet(() -> versions.stream().mapToInt(Version::version).max().orElse(0) + 1);
    }

    private List<Version> with(Version wanted, int number) {
        var all = new ArrayList<Version>();
        boolean isNew = true;
        for (Version version : versions) {
            boolean isMeant = version.version() == number;
            isNew &= !isMeant;
            all.add(
                    isMeant
                            ? new Version(number, wanted.uri(), version.decode(), wanted.store())
                            : version);
        }
        if (isNew) {
            all.add(new Version(number, wanted.uri(), Optional.empty(), wanted.store()));
        }
        return all;
    }
}
