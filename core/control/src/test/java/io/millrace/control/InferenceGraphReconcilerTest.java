package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Condition;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.InferenceGraphSpec.Node;
import io.millrace.api.InferenceGraphSpec.Router;
import io.millrace.api.InferenceGraphSpec.Step;
import io.millrace.api.InferenceGraphSpec.Target;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InferenceGraphReconcilerTest {

    private static final ResourceKey GRAPH = Given.key(Kind.INFERENCE_GRAPH, "g");
    private static final ResourceKey MODEL = Given.key(Kind.MODEL, "m");

    private static Manifest<InferenceGraphSpec> graph() {
        var step =
                new Step(
                        "",
                        new Target.Model(new ResourceName("m"), new VersionRef.Serving()),
                        false,
                        0,
                        "",
                        false,
                        false);
        return new Manifest<>(
                GRAPH,
                "",
                Map.of(),
                new InferenceGraphSpec(Map.of("root", new Node(Router.SEQUENCE, List.of(step)))));
    }

    @Test
    void waitsForWhatItNamesAndIsCallableThen() {
        World world = World.started(Given.project(), graph());
        assertThat(ready(world).message()).isEqualTo("model 'm' does not exist");
        assertThat(world.graphs.isDeployed(GRAPH)).isFalse();

        world.put(Given.model("m", Map.of(), Given.version(1)));
        world.settle();
        assertThat(world.graphs.isDeployed(GRAPH)).isTrue();
        assertThat(ready(world).reason()).isEqualTo("StepsNotReady");

        world.models.decide(MODEL, 1, State.READY, "");
        world.settle();
        assertThat(ready(world).status()).isEqualTo(Condition.Truth.TRUE);
        assertThat(world.status(GRAPH).details())
                .containsEntry("path", "/projects/" + GRAPH.project() + "/v1/graphs/g");
    }

    @Test
    void keepsItsModelFromBeingDeletedAndEndsWithItsResource() {
        World world =
                World.started(
                        Given.project(), Given.model("m", Map.of(), Given.version(1)), graph());
        assertThat(Admission.checkDelete(world.store.image(), MODEL))
                .hasValueSatisfying(
                        refusal -> assertThat(refusal.message()).contains("InferenceGraph"));
        world.delete(GRAPH);
        world.settle();
        assertThat(world.graphs.isDeployed(GRAPH)).isFalse();
    }

    private static Condition ready(World world) {
        return world.status(GRAPH).condition(Condition.READY).orElseThrow();
    }
}
