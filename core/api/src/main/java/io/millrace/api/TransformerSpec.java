package io.millrace.api;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * User code around a model: it makes the model's input of a request and the reply of what the model
 * answered. Requests that name the model go through it.
 *
 * @param function the function that holds the code: {@code preprocess} and {@code postprocess}, or
 *     a class derived from {@code kserve.Model}
 * @param workers how many processes run it; each works on one request at a time
 * @param protocol what its calls of the model look like
 * @param args values for the parameters of the function
 * @param arguments further words of the command line, for code that reads them
 * @param environment variables of its processes
 * @param secret a secret of the project whose values are variables of its processes, too
 * @param reply how requests that came as CloudEvents are answered
 * @param deduplicate for how long an event is remembered, so that a second delivery of it is
 *     answered without another call; empty for not at all
 */
public record TransformerSpec(
        ResourceName function,
        int workers,
        Protocol protocol,
        Map<String, String> args,
        List<String> arguments,
        Map<String, String> environment,
        Optional<ResourceName> secret,
        Reply reply,
        Optional<Duration> deduplicate) {

    /** The most processes of one transformer. */
    public static final int MAX_WORKERS = 64;

    public TransformerSpec {
        args = Map.copyOf(args);
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    /** One process of a function that calls the model by V1. */
    public static TransformerSpec of(ResourceName function) {
        return new TransformerSpec(
                function,
                1,
                Protocol.V1,
                Map.of(),
                List.of(),
                Map.of(),
                Optional.empty(),
                Reply.EVENT,
                Optional.empty());
    }

    /** What the calls of a model look like. */
    public enum Protocol {
        /** {@code {"instances": […]}} and {@code {"predictions": […]}}. */
        V1,
        /** The Open Inference Protocol: named tensors. */
        V2
    }

    /** How requests that came as CloudEvents are answered. */
    public enum Reply {
        /** As a CloudEvent in binary mode: brokers pass it on. */
        EVENT,
        /** With the body alone: a broker that repeats what it gets has nothing to repeat. */
        BODY
    }
}
