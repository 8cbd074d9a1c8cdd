package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Condition;
import io.millrace.api.Condition.Truth;
import io.millrace.api.FunctionSpec.Parameter;
import io.millrace.api.FunctionSpec.ParameterType;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TransformerDeploymentTest {

    private static final ResourceKey MODEL = Given.key(Kind.MODEL, "m");
    private static final ResourceKey FUNCTION = Given.key(Kind.FUNCTION, "f");

    private static Manifest<ModelSpec> model() {
        ModelSpec plain = Given.model("m", Map.of(), Given.version(1)).spec();
        return Given.manifest(
                MODEL, plain.withTransformer(TransformerSpec.of(new ResourceName("f"))));
    }

    private static Condition condition(World world, String type) {
        return world.status(MODEL).condition(type).orElseThrow();
    }

    private static Condition transformer(World world) {
        return condition(world, TransformerDeployment.TRANSFORMER_READY);
    }

    @Test
    void aModelIsReadyWhenItsTransformerIs() {
        World world = World.started(Given.project(), model());
        assertThat(transformer(world).reason()).isEqualTo("UnknownFunction");
        world.apply(Given.function("f", "x"));
        assertThat(transformer(world).reason()).isEqualTo("Starting");
        assertThat(transformer(world).message()).isEqualTo("being loaded");
        world.models.decide(MODEL, 1, State.READY, "");
        world.settle();
        assertThat(condition(world, Condition.READY).reason()).isEqualTo("TransformerNotReady");

        world.transformers.run(MODEL, 1, 2, "waiting");
        world.settle();
        assertThat(transformer(world).status()).isEqualTo(Truth.TRUE);
        assertThat(transformer(world).message()).isEqualTo("1 of 2 processes; waiting");
        assertThat(condition(world, Condition.READY).status()).isEqualTo(Truth.TRUE);
    }

    @Test
    void aChangeOfTheFunctionIsDeployed() {
        World world = World.started(Given.project(), model(), Given.function("f", "first"));
        world.apply(Given.function("f", "second"));
        assertThat(world.transformers.function(MODEL))
                .hasValueSatisfying(spec -> assertThat(spec.source().code()).isEqualTo("second"));
    }

    @Test
    void whatCannotRunIsBlockedWithItsReason() {
        World world =
                World.started(
                        Given.project(),
                        model(),
                        Given.function("f", "x", new Parameter("bucket", ParameterType.STRING)));
        assertThat(transformer(world).reason()).isEqualTo("InvalidArguments");
        assertThat(transformer(world).message()).contains("parameter 'bucket' has no value");
        assertThat(world.transformers.state(MODEL)).isPresent();

        world.transformers.refuse("secret 'minio' does not exist");
        world.apply(Given.function("f", "y"));
        assertThat(transformer(world).reason()).isEqualTo("NotDeployed");
        assertThat(transformer(world).message()).contains("secret 'minio'");
    }

    @Test
    void endsWithTheModelAndKeepsItsFunction() {
        World world = World.started(Given.project(), model(), Given.function("f", "x"));
        assertThat(Admission.checkDelete(world.store.image(), FUNCTION))
                .hasValueSatisfying(refusal -> assertThat(refusal.message()).contains("Model"));
        world.apply(Given.model("m", Map.of(), Given.version(1)));
        assertThat(world.transformers.state(MODEL)).isEmpty();
        assertThat(world.status(MODEL).condition(TransformerDeployment.TRANSFORMER_READY))
                .isEmpty();
        assertThat(Admission.checkDelete(world.store.image(), FUNCTION)).isEmpty();
    }
}
