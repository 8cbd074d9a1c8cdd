package io.millrace.inference.graph;

import io.millrace.api.ErrorCode;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.InferenceGraphSpec.Target;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.codec.json.GraphJson;
import io.millrace.codec.json.InferenceJson;
import io.millrace.inference.SignatureChoice;
import io.millrace.inference.graph.DeployedGraph.Node;
import io.millrace.inference.graph.DeployedGraph.ReadyStep;
import io.millrace.spi.GraphServing.Answer;
import io.millrace.spi.GraphServing.Call;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ReplyStatus;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerServing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One call on its way through a graph. */
final class GraphRun {

    private static final int ALL = 100;

    private final DeployedGraph graph;
    private final Call call;
    private final ModelServing models;
    private final TransformerServing transformers;
    private final TimeSource time;
    private final RandomGenerator random;
    private final long deadline;

    GraphRun(
            DeployedGraph graph,
            Call call,
            ModelServing models,
            TransformerServing transformers,
            TimeSource time,
            RandomGenerator random,
            long start) {
        this.graph = graph;
        this.call = call;
        this.models = models;
        this.transformers = transformers;
        this.time = time;
        this.random = random;
        this.deadline = start + call.timeout().toNanos();
    }

    Answer run() {
        return node(graph.node(InferenceGraphSpec.ROOT), call.body());
    }

    private Answer node(Node node, byte[] body) {
        return switch (node.router()) {
            case SEQUENCE -> sequence(node, body);
            case SWITCH -> choose(node, body);
            case SPLITTER -> split(node, body);
            case ENSEMBLE -> all(node, body);
        };
    }

    private Answer sequence(Node node, byte[] body) {
        @Nullable Answer last = null;
        for (ReadyStep step : node.steps()) {
            if (step.condition() != null) {
                if (last == null) {
                    throw MillraceException.internal(
                            "the condition of the first step of a Sequence has no answer to test",
                            null);
                }
                if (!GraphJson.holds(step.condition(), bodyOf(last))) {
                    return last;
                }
            }
            byte[] input = step.step().takesResponse() && last != null ? bodyOf(last) : body;
            last = step(step, input);
            if (last instanceof Answer.Failed && step.step().isHard()) {
                return last;
            }
        }
        return last == null ? new Answer.Done(body) : last;
    }

    private Answer choose(Node node, byte[] body) {
        for (ReadyStep step : node.steps()) {
            if (step.condition() == null || GraphJson.holds(step.condition(), body)) {
                return step(step, body);
            }
        }
        throw MillraceException.notFound("none of the conditions of the Switch holds");
    }

    private Answer split(Node node, byte[] body) {
        int point = random.nextInt(ALL);
        int sum = 0;
        for (ReadyStep step : node.steps()) {
            sum += step.step().weight();
            if (point < sum) {
                return step(step, body);
            }
        }
        throw MillraceException.internal("the weights of the Splitter do not add up", null);
    }

    private Answer all(Node node, byte[] body) {
        var bodies = new LinkedHashMap<String, byte[]>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<Answer>>();
            for (ReadyStep step : node.steps()) {
                answers.add(threads.submit(() -> step(step, body)));
            }
            for (int i = 0; i < answers.size(); i++) {
                ReadyStep step = node.steps().get(i);
                Answer answer = await(answers.get(i));
                if (answer instanceof Answer.Failed && step.step().isHard()) {
                    threads.shutdownNow();
                    return answer;
                }
                bodies.put(step.label(), bodyOf(answer));
            }
        }
        return new Answer.Done(GraphJson.merge(bodies));
    }

    private static Answer await(Future<Answer> answer) {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the call was interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof MillraceException known
                    ? known
                    : MillraceException.internal("a step failed", e.getCause());
        }
    }

    /** A step's own failure is an answer, too: its dependency says what becomes of the node. */
    private Answer step(ReadyStep step, byte[] input) {
        try {
            byte[] body =
                    step.step().mapsPredictions() ? GraphJson.predictionsToInstances(input) : input;
            return switch (step.step().target()) {
                case Target.Model model -> new Answer.Done(model(model, body));
                case Target.Function function ->
                        new Answer.Done(graph.function(function).call(body, deadline));
                case Target.NodeOf(String name) -> node(graph.node(name), body);
            };
        } catch (MillraceException e) {
            return new Answer.Failed(e);
        }
    }

    private byte[] model(Target.Model target, byte[] body) {
        if (transformers.covers(call.project(), target.name())) {
            return transformed(target, body);
        }
        var model = models.describe(call.project(), target.name(), target.version());
        var request =
                InferenceJson.read(body, name -> SignatureChoice.choose(model.signatures(), name));
        var answer =
                models.infer(
                        new ModelServing.Call(
                                call.project(),
                                target.name(),
                                target.version(),
                                request.signature().name(),
                                request.inputs(),
                                left(),
                                call.routing()));
        return InferenceJson.write(answer.signature(), answer.outputs(), request.layout());
    }

    private byte[] transformed(Target.Model target, byte[] body) {
        var answer =
                transformers.call(
                        new TransformerServing.Call(
                                call.project(),
                                target.name(),
                                target.version(),
                                TransformerRequest.v1(body),
                                call.routing(),
                                left()));
        if (!answer.isSuccess()) {
            throw new MillraceException(
                    ReplyStatus.code(answer.status()), GraphJson.errorIn(answer.body()));
        }
        return answer.body();
    }

    private Duration left() {
        long nanos = deadline - time.nanoTime();
        if (nanos <= 0) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT, "the graph did not come to its end before the deadline");
        }
        return Duration.ofNanos(nanos);
    }

    private static byte[] bodyOf(Answer answer) {
        return switch (answer) {
            case Answer.Done(byte[] body) -> body;
            case Answer.Failed(MillraceException reason) -> GraphJson.error(reason.text());
        };
    }
}
