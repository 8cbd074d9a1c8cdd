package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.TrafficRule;
import io.millrace.spi.ModelHost;
import io.millrace.store.ResourceStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Writes versions of models that are trained again, and which of them is in production. Who wrote
 * in between wins: then it is all looked at again.
 */
final class RetrainedVersions {
    private final ResourceStore store;
    private final ModelHost models;
    private final RunModels runs;

    RetrainedVersions(ResourceStore store, ModelHost models, RunModels runs) {
        this.store = store;
        this.models = models;
        this.runs = runs;
    }

    /**
     * Makes a version of what a run has made, unless there is one already. Where no alias says what
     * is in production, what serves gets it: a new version does not serve before it is judged.
     *
     * @throws MillraceException {@code UNAVAILABLE} when somebody else wrote the model
     */
    int register(ResourceKey run, ResourceKey model) {
        Optional<Resource<ModelSpec>> before = store.image().find(model, ModelSpec.class);
        TrainedModel trained = runs.keep(run, before.map(known -> known.spec().framework()));
        OptionalInt known =
                before.map(each -> trained.versionIn(each.spec())).orElse(OptionalInt.empty());
        if (known.isPresent()) {
            return known.getAsInt();
        }
        int number = TrainedModel.next(before.map(Resource::spec));
        Manifest<ModelSpec> made = trained.asVersion(model, number, before);
        OptionalInt serving = before.isPresent() ? models.serving(model) : OptionalInt.empty();
        boolean isNamed = made.spec().aliases().containsKey(ModelSpec.PRODUCTION);
        if (!isNamed && serving.isPresent()) {
            int version = serving.getAsInt();
            made =
                    with(
                            made,
                            aliased(
                                    made.spec(),
                                    aliases -> aliases.put(ModelSpec.PRODUCTION, version)));
        }
        put(made, before.map(each -> each.metadata().revision()).orElse(Revision.NONE));
        return number;
    }

    /** Whether the store knows a version no more. */
    boolean isGone(ResourceKey model, int version) {
        return store.image()
                .find(model, ModelSpec.class)
                .flatMap(known -> known.spec().version(version))
                .isEmpty();
    }

    /** How a version stands. */
    State state(ResourceKey model, int version) {
        return models.observe(model).stream()
                .filter(each -> each.version() == version)
                .map(each -> each.state())
                .findFirst()
                .orElse(State.PENDING);
    }

    /** Why a version was rejected. */
    String message(ResourceKey model, int version) {
        return models.observe(model).stream()
                .filter(each -> each.version() == version)
                .map(each -> each.message())
                .findFirst()
                .orElse("");
    }

    /**
     * Puts a version into production. A canary or shadow of it has done its work and ends.
     *
     * @param previous to which a rollback leads; empty for nothing
     */
    void promote(Resource<ModelSpec> model, int version, OptionalInt previous) {
        ModelSpec promoted =
                aliased(
                        model.spec(),
                        aliases -> {
                            aliases.put(ModelSpec.PRODUCTION, version);
                            previous.ifPresent(old -> aliases.put(ModelSpec.PREVIOUS, old));
                        });
        write(
                model,
                isTriedOut(model.spec().traffic(), version)
                        ? promoted.withTraffic(new TrafficRule.ByAlias())
                        : promoted);
    }

    /**
     * Puts the version before back. It is nobody's previous one any more: what was worse does not
     * come back by itself.
     */
    void rollBack(Resource<ModelSpec> model, int version) {
        write(
                model,
                aliased(
                        model.spec(),
                        aliases -> {
                            aliases.put(ModelSpec.PRODUCTION, version);
                            aliases.remove(ModelSpec.PREVIOUS);
                        }));
    }

    private static boolean isTriedOut(TrafficRule rule, int version) {
        return switch (rule) {
            case TrafficRule.Canary(int canary, int _, String _) -> canary == version;
            case TrafficRule.Shadow(int shadow, int _) -> shadow == version;
            case TrafficRule.Pinned _, TrafficRule.ByAlias() -> false;
        };
    }

    private static ModelSpec aliased(ModelSpec spec, Consumer<Map<String, Integer>> change) {
        var aliases = new HashMap<>(spec.aliases());
        change.accept(aliases);
        return spec.withAliases(aliases);
    }

    /** Its status may have been written meanwhile, but nobody may have changed what is declared. */
    private void write(Resource<ModelSpec> model, ModelSpec spec) {
        Revision seen =
                store.image()
                        .find(model.key())
                        .filter(now -> now.metadata().uid().equals(model.metadata().uid()))
                        .filter(now -> now.metadata().generation() == model.metadata().generation())
                        .map(now -> now.metadata().revision())
                        .orElse(model.metadata().revision());
        var manifest =
                new Manifest<>(
                        model.key(), model.metadata().title(), model.metadata().labels(), spec);
        put(manifest, seen);
    }

    private static Manifest<ModelSpec> with(Manifest<ModelSpec> manifest, ModelSpec spec) {
        return new Manifest<>(manifest.key(), manifest.title(), manifest.labels(), spec);
    }

    private void put(Manifest<ModelSpec> manifest, Revision expected) {
        try {
            store.put(manifest, Optional.of(expected));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    manifest.key() + " was changed by somebody else meanwhile",
                    e);
        }
    }
}
