package io.millrace.spi;

import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec.Protocol;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What a worker needs to know beside its function when it is a model's transformer.
 *
 * @param model the model's name
 * @param protocol what its calls of the model look like
 * @param arguments further words of its command line
 * @param environment its variables; may hold secrets
 */
public record TransformerLaunch(
        ResourceName model,
        Protocol protocol,
        List<String> arguments,
        Map<String, String> environment) {

    public TransformerLaunch {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    /** Without the values of variables. */
    @Override
    public String toString() {
        return "TransformerLaunch[%s, %s, %s, %s]"
                .formatted(model, protocol, arguments, new TreeSet<>(environment.keySet()));
    }
}
