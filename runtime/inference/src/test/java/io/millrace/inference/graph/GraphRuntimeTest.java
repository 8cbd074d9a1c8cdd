package io.millrace.inference.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.InferenceGraphSpec.Node;
import io.millrace.api.InferenceGraphSpec.Router;
import io.millrace.api.InferenceGraphSpec.Step;
import io.millrace.api.InferenceGraphSpec.Target;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.GraphServing.Answer;
import io.millrace.spi.GraphServing.Call;
import io.millrace.spi.ModelServing;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.RecordingMeters;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GraphRuntimeTest {

    private static final ProjectId PROJECT = ProjectId.DEFAULT;
    private static final ResourceKey KEY =
            ResourceKey.of(Kind.INFERENCE_GRAPH, PROJECT, new ResourceName("g"));
    private static final Signature SCORES =
            new Signature(
                    Signature.DEFAULT,
                    List.of(new TensorSpec("x", DataType.FP32, Shape.of(Shape.ANY))),
                    List.of(new TensorSpec("y", DataType.FP32, Shape.of(Shape.ANY))));

    private static final FunctionSpec PYTHON =
            new FunctionSpec(
                    FunctionSpec.Language.PYTHON,
                    "python",
                    List.of(),
                    new FunctionSpec.Source("f.py", ""),
                    List.of(),
                    Duration.ofSeconds(5),
                    DataSize.ofMebibytes(64));

    private final FakeModelServing models = new FakeModelServing();
    private final FakeFunctionRuntime functions = new FakeFunctionRuntime();
    private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    private final GraphRuntime graphs =
            new GraphRuntime(models, functions, new RecordingMeters(), TimeSource.system(), random);

    @BeforeEach
    void addModels() {
        models.put(PROJECT, "double", SCORES, call -> map(call, 2, 0));
        models.put(PROJECT, "increment", SCORES, call -> map(call, 1, 1));
        models.put(
                PROJECT,
                "broken",
                SCORES,
                _ -> {
                    throw new MillraceException(ErrorCode.USER_CODE, "the model failed");
                });
    }

    @AfterEach
    void close() {
        graphs.close();
    }

    @Test
    void aSequenceGivesEachStepTheRequestUnlessItAsksForTheResponse() {
        deploy(Router.SEQUENCE, step("double"), step("increment"));
        assertThat(run("{\"instances\":[3]}")).isEqualTo("{\"predictions\":[4.0]}");

        deploy(Router.SEQUENCE, step("double"), onResponse(step("increment")));
        assertThat(run("{\"instances\":[3]}")).isEqualTo("{\"predictions\":[7.0]}");
    }

    @Test
    void aConditionThatDoesNotHoldEndsASequenceWithTheLastAnswer() {
        deploy(
                Router.SEQUENCE,
                step("double"),
                when(onResponse(step("increment")), "predictions.#(>10)"));
        assertThat(run("{\"instances\":[3]}")).isEqualTo("{\"predictions\":[6.0]}");
        assertThat(run("{\"instances\":[6]}")).isEqualTo("{\"predictions\":[13.0]}");

        deploy(Router.SEQUENCE, when(step("double"), "x"));
        assertThatThrownBy(() -> run("{\"instances\":[3]}"))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
    }

    @Test
    void aHardFailureEndsASequenceAndASoftOneDoesNot() {
        deploy(Router.SEQUENCE, step("broken"), step("double"));
        assertThat(run("{\"instances\":[3]}")).isEqualTo("{\"predictions\":[6.0]}");

        deploy(Router.SEQUENCE, hard(step("broken")), step("double"));
        assertThat(failure("{\"instances\":[3]}").code()).isEqualTo(ErrorCode.USER_CODE);

        deploy(Router.SEQUENCE, step("double"), step("broken"));
        assertThat(failure("{\"instances\":[3]}").text()).contains("the model failed");
    }

    @Test
    void aSwitchTakesTheFirstWhoseConditionHolds() {
        deploy(
                Router.SWITCH,
                when(step("double"), "[@this].#(kind==\"a\")"),
                when(step("increment"), "kind"));
        assertThat(run("{\"kind\":\"a\",\"instances\":[3]}")).isEqualTo("{\"predictions\":[6.0]}");
        assertThat(run("{\"kind\":\"b\",\"instances\":[3]}")).isEqualTo("{\"predictions\":[4.0]}");
        assertThatThrownBy(() -> run("{\"instances\":[3]}"))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }

    @Test
    void aSplitterDividesByWeight() {
        deploy(Router.SPLITTER, weighing(step("double"), 80), weighing(step("increment"), 20));
        var answers = new HashMap<String, Integer>();
        for (int i = 0; i < 2000; i++) {
            answers.merge(run("{\"instances\":[3]}"), 1, Integer::sum);
        }
        assertThat(answers).hasSize(2);
        assertThat(answers.get("{\"predictions\":[6.0]}")).isBetween(1500, 1700);
    }

    @Test
    void anEnsembleAsksAllAtOnceAndMergesTheAnswers() throws Exception {
        var both = new CountDownLatch(2);
        models.before(_ -> {
            both.countDown();
            // Each waits for the other: one after another they would never meet.
            if (!awaitUninterrupted(both)) {
                throw MillraceException.internal("the steps did not run at once", null);
            }
        });
        deploy(Router.ENSEMBLE, named(step("double"), "twice"), step("increment"));
        assertThat(run("{\"instances\":[3]}"))
                .isEqualTo("{\"twice\":{\"predictions\":[6.0]},\"1\":{\"predictions\":[4.0]}}");
    }

    @Test
    void aFailureInAnEnsembleIsPartOfTheAnswerUnlessItIsHard() {
        deploy(Router.ENSEMBLE, step("double"), step("broken"));
        assertThat(run("{\"instances\":[3]}"))
                .contains("\"0\":{\"predictions\":[6.0]}", "\"1\":{\"error\":\"the model failed");

        deploy(Router.ENSEMBLE, step("double"), hard(step("broken")));
        assertThat(failure("{\"instances\":[3]}").code()).isEqualTo(ErrorCode.USER_CODE);
    }

    @Test
    void nodesLeadToNodes() {
        var pick = new Step("", new Target.NodeOf("pick"), true, 0, "", false, false);
        var nodes = new HashMap<String, Node>();
        nodes.put("root", new Node(Router.SEQUENCE, List.of(step("double"), pick)));
        nodes.put(
                "pick",
                new Node(
                        Router.SWITCH,
                        List.of(
                                mapping(when(step("double"), "predictions.1")),
                                mapping(when(step("increment"), "predictions.0")))));
        graphs.deploy(KEY, new InferenceGraphSpec(nodes), Map.of());
        assertThat(run("{\"instances\":[3]}")).isEqualTo("{\"predictions\":[7.0]}");
        assertThat(run("{\"instances\":[3,4]}")).isEqualTo("{\"predictions\":[12.0,16.0]}");
    }

    @Test
    void functionsGetTheBodyAndTheirOneMessageIsTheAnswer() {
        functions.define(message ->
                new FunctionResult.Sent(
                        List.of(
                                ("{\"instances\":[5],\"was\":" + text(message.payload()) + "}")
                                        .getBytes(StandardCharsets.UTF_8))));
        deployWithFunction(stepOf("", new Target.Function(new ResourceName("f"))));
        assertThat(run("[1]")).isEqualTo("{\"instances\":[5],\"was\":[1]}");
        assertThat(functions.running()).hasSize(1);

        functions.define(_ -> new FunctionResult.Sent(List.of()));
        assertThat(failure("[1]").text()).contains("exactly one message");
        functions.define(_ -> new FunctionResult.Failed(ErrorCode.USER_CODE, "line 7"));
        assertThat(failure("[1]").text()).contains("line 7");

        graphs.remove(KEY);
        assertThat(functions.running()).isEmpty();
    }

    @Test
    void manyCallersOfAFunctionEachGetTheirOwnAnswer() throws Exception {
        deployWithFunction(stepOf("", new Target.Function(new ResourceName("f"))));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<String>>();
            for (int i = 0; i < 500; i++) {
                String body = "[" + i + "]";
                answers.add(threads.submit(() -> run(body)));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get(30, TimeUnit.SECONDS)).isEqualTo("[" + i + "]");
            }
        }
    }

    @Test
    void aChangedGraphKeepsTheWorkersOfUnchangedFunctions() {
        Step function = stepOf("", new Target.Function(new ResourceName("f")));
        deployWithFunction(function);
        deployWithFunction(hard(function));
        assertThat(functions.launches()).hasSize(1);
        deploy(Router.SEQUENCE, step("double"));
        assertThat(functions.running()).isEmpty();
    }

    @Test
    void aCallThatBeganEndsWithTheGraphAsItWas() throws Exception {
        var inModel = new CountDownLatch(1);
        var deployed = new CountDownLatch(1);
        var workerEnded = new CountDownLatch(1);
        functions.closing(workerEnded::countDown);
        models.before(_ -> {
            inModel.countDown();
            assertThat(awaitUninterrupted(deployed)).isTrue();
        });
        Step function = stepOf("", new Target.Function(new ResourceName("f")));
        deployWithFunction(step("double"), onResponse(function));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<String> answer = threads.submit(() -> run("{\"instances\":[3]}"));
            assertThat(inModel.await(30, TimeUnit.SECONDS)).isTrue();
            deploy(Router.SEQUENCE, step("increment"));
            deployed.countDown();
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("{\"instances\":[6.0]}");
        }
        assertThat(workerEnded.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(run("{\"instances\":[3]}")).isEqualTo("{\"predictions\":[4.0]}");
    }

    @Test
    void aDeploymentThatFailsLeavesNoWorkersAndTheGraphAsItWas() {
        deploy(Router.SEQUENCE, step("double"));
        functions.starting(launch -> {
            if (!functions.running().isEmpty()) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "no process is to be had");
            }
        });
        var needed = Map.of(new ResourceName("f"), PYTHON, new ResourceName("g"), PYTHON);
        assertThatThrownBy(
                        () -> graphs.deploy(KEY, graph(Router.SEQUENCE, step("increment")), needed))
                .hasMessageContaining("no process");
        assertThat(functions.running()).isEmpty();
        assertThat(run("{\"instances\":[3]}")).isEqualTo("{\"predictions\":[6.0]}");
    }

    @Test
    void saysWhatIsUnknown() {
        assertThatThrownBy(() -> run("{}"))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
        deploy(Router.SEQUENCE, step("gone"));
        assertThat(failure("{\"instances\":[3]}").code()).isEqualTo(ErrorCode.NOT_FOUND);
        deploy(Router.SEQUENCE, step("double"));
        assertThat(failure("no json").code()).isEqualTo(ErrorCode.INVALID);
        assertThat(graphs.list(PROJECT)).containsExactly(new ResourceName("g"));
    }

    private static boolean awaitUninterrupted(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void deploy(Router router, Step... steps) {
        graphs.deploy(KEY, graph(router, steps), Map.of());
    }

    private void deployWithFunction(Step... steps) {
        graphs.deploy(KEY, graph(Router.SEQUENCE, steps), Map.of(new ResourceName("f"), PYTHON));
    }

    private static InferenceGraphSpec graph(Router router, Step... steps) {
        return new InferenceGraphSpec(Map.of("root", new Node(router, List.of(steps))));
    }

    private String run(String body) {
        Answer answer = answer(body);
        assertThat(answer).isInstanceOf(Answer.Done.class);
        return answer instanceof Answer.Done(byte[] bytes) ? text(bytes) : "";
    }

    private MillraceException failure(String body) {
        Answer answer = answer(body);
        assertThat(answer).isInstanceOf(Answer.Failed.class);
        return answer instanceof Answer.Failed(MillraceException reason)
                ? reason
                : MillraceException.internal("none", null);
    }

    private Answer answer(String body) {
        return graphs.run(
                new Call(
                        PROJECT,
                        KEY.name(),
                        body.getBytes(StandardCharsets.UTF_8),
                        "",
                        Duration.ofSeconds(30)));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Step step(String model) {
        return stepOf("", new Target.Model(new ResourceName(model), new VersionRef.Serving()));
    }

    private static Step stepOf(String name, Target target) {
        return new Step(name, target, false, 0, "", false, false);
    }

    private static Step named(Step s, String name) {
        return stepOf(name, s.target());
    }

    private static Step onResponse(Step s) {
        return new Step(s.name(), s.target(), true, s.weight(), s.condition(), s.isHard(), true);
    }

    private static Step mapping(Step s) {
        return new Step(
                s.name(),
                s.target(),
                s.takesResponse(),
                s.weight(),
                s.condition(),
                s.isHard(),
                true);
    }

    private static Step when(Step s, String condition) {
        return new Step(
                s.name(),
                s.target(),
                s.takesResponse(),
                s.weight(),
                condition,
                s.isHard(),
                s.mapsPredictions());
    }

    private static Step hard(Step s) {
        return new Step(
                s.name(),
                s.target(),
                s.takesResponse(),
                s.weight(),
                s.condition(),
                true,
                s.mapsPredictions());
    }

    private static Step weighing(Step s, int weight) {
        return new Step(s.name(), s.target(), false, weight, "", false, false);
    }

    private static List<Tensor> map(ModelServing.Call call, float factor, float addend) {
        var input = (Tensor.Numeric) call.inputs().getFirst();
        float[] values = input.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        for (int i = 0; i < values.length; i++) {
            values[i] = values[i] * factor + addend;
        }
        return List.of(Tensor.ofFloats(input.shape(), values));
    }
}
