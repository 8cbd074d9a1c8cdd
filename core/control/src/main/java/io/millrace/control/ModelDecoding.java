package io.millrace.control;

import io.millrace.api.DecodeSpec;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Fills in how model steps decode where a pipeline leaves that to the model: as the samples were
 * decoded with which its version was trained. Pure.
 */
final class ModelDecoding {

    private ModelDecoding() {}

    /** What came of it. */
    sealed interface Result {}

    /** All steps say how they decode. */
    record Complete(Resource<PipelineSpec> pipeline) implements Result {}

    /** Nobody says it. */
    record Missing(String message) implements Result {}

    static Result fillIn(
            Resource<PipelineSpec> pipeline, StoreImage image, PipelinePlanner.Observed observed) {
        PipelineSpec spec = pipeline.spec();
        var steps = new ArrayList<PipelineSpec.Step>();
        for (PipelineSpec.Step step : spec.steps()) {
            if (!(step instanceof ModelStep model) || model.decode().isPresent()) {
                steps.add(step);
                continue;
            }
            Set<DecodeSpec> known = new LinkedHashSet<>();
            for (ResourceName name : model.models()) {
                Optional<DecodeSpec> decode =
                        decode(name, model.version(), pipeline.key(), image, observed);
                if (decode.isEmpty()) {
                    return new Missing(
                            "the version of model '%s' does not say how payloads are decoded; write 'decode' in the step"
                                    .formatted(name));
                }
                known.add(decode.get());
            }
            if (known.size() > 1) {
                return new Missing(
                        "the models %s decode payloads differently; write 'decode' in the step"
                                .formatted(model.models()));
            }
            steps.add(model.withDecode(known.iterator().next()));
        }
        return new Complete(
                new Resource<>(
                        pipeline.key(),
                        pipeline.metadata(),
                        new PipelineSpec(
                                spec.from(),
                                steps,
                                spec.to(),
                                spec.delivery(),
                                spec.onError(),
                                spec.scale()),
                        pipeline.status()));
    }

    private static Optional<DecodeSpec> decode(
            ResourceName name,
            VersionRef reference,
            ResourceKey pipeline,
            StoreImage image,
            PipelinePlanner.Observed observed) {
        ResourceKey key = ResourceKey.of(Kind.MODEL, pipeline.project(), name);
        return image.find(key, ModelSpec.class)
                .flatMap(model -> version(reference, model, observed.serving(key)))
                .flatMap(ModelSpec.Version::decode);
    }

    private static Optional<ModelSpec.Version> version(
            VersionRef reference, Resource<ModelSpec> model, OptionalInt serving) {
        ModelSpec spec = model.spec();
        return switch (reference) {
            case VersionRef.Numbered(int number) -> spec.version(number);
            case VersionRef.Alias(String alias) ->
                    Optional.ofNullable(spec.aliases().get(alias)).flatMap(spec::version);
            case VersionRef.Serving() ->
                    serving.isPresent() ? spec.version(serving.getAsInt()) : Optional.empty();
        };
    }
}
