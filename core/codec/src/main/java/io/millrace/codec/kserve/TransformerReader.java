package io.millrace.codec.kserve;

import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.Names;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Scope;
import io.millrace.api.TransformerSpec;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the transformer of a service. A container image cannot be run here; the Python file with
 * its class, which an annotation names, becomes a function that the model's transformer calls.
 */
final class TransformerReader {

    static final String FILE = "millrace.io/transformer-file";
    static final String ENVIRONMENT = "millrace.io/transformer-environment";
    static final String REQUIREMENTS = "millrace.io/transformer-requirements";

    private static final String STANDARD_ENVIRONMENT = "python";

    private final Head head;
    private final Accounts accounts;
    private final Surroundings surroundings;
    private final Notes notes;

    TransformerReader(Head head, Accounts accounts, Surroundings surroundings, Notes notes) {
        this.head = head;
        this.accounts = accounts;
        this.surroundings = surroundings;
        this.notes = notes;
    }

    /** A transformer and the function that holds its code. */
    record ReadTransformer(TransformerSpec spec, Manifest<FunctionSpec> function) {}

    /** What a transformer's function is called. */
    static ResourceName functionOf(ResourceName service) {
        return new ResourceName(service.value() + "-transformer");
    }

    /** Empty when it was refused, which has been noted then. */
    Optional<ReadTransformer> read(Value value) {
        var section = new Section(value, ServiceTables.TRANSFORMER, notes);
        section.optional("name");
        section.optional("serviceAccountName");
        Optional<Value> container = container(section);
        Value replicas = section.optional("minReplicas");
        int workers = replicas.isPresent() ? replicas.integer(0, TransformerSpec.MAX_WORKERS) : 1;
        section.end();
        if (container.isEmpty()) {
            return Optional.empty();
        }
        var fields = new Section(container.get(), ServiceTables.CONTAINER, notes);
        Value image = fields.optional("image");
        var arguments =
                ContainerArguments.read(
                        fields.optional("command"),
                        fields.optional("args"),
                        head.name().value(),
                        notes);
        var variables = new EnvironmentReader(head, accounts).read(fields.optional("env"));
        fields.end();
        Optional<FunctionSpec> function = function(image.isPresent() ? image : container.get());
        return function.map(spec ->
                new ReadTransformer(
                        spec(arguments, variables, Math.max(1, workers)), manifest(spec)));
    }

    private TransformerSpec spec(
            ContainerArguments arguments, EnvironmentReader.Variables variables, int workers) {
        TransformerSpec standard = TransformerSpec.of(functionOf(head.name()));
        return new TransformerSpec(
                standard.function(),
                Math.max(workers, arguments.workers()),
                arguments.protocol(),
                standard.args(),
                arguments.others(),
                variables.values(),
                variables.secret(),
                standard.reply(),
                standard.deduplicate());
    }

    private Manifest<FunctionSpec> manifest(FunctionSpec spec) {
        return new Manifest<>(
                new ResourceKey(
                        Kind.FUNCTION,
                        new Scope.InProject(head.project()),
                        functionOf(head.name())),
                "Transformer of " + head.name(),
                Map.of(),
                spec);
    }

    private static Optional<Value> container(Section section) {
        Value custom = section.optional("custom");
        List<Value> containers = section.optional("containers").items();
        if (custom.isPresent()) {
            Value container = custom.fields().required("container");
            return container.isPresent() ? Optional.of(container) : Optional.empty();
        }
        if (containers.isEmpty()) {
            section.problem("missing 'containers'");
        } else if (containers.size() > 1) {
            containers.get(1).problem("one container is the transformer; others are not run here");
        }
        return containers.stream().findFirst();
    }

    private Optional<FunctionSpec> function(Value image) {
        Value file = head.annotations().get(FILE);
        if (file == null || file.looseText().isBlank()) {
            image.problem(
                    "%s cannot be run here: put the Python file with its class (derived from kserve.Model) beside this file and name it in the annotation %s: transformer.py"
                            .formatted(
                                    image.isScalar()
                                            ? "the image '"
                                                    + ForeignDocuments.shown(image.looseText())
                                                    + "'"
                                            : "a container",
                                    FILE));
            return Optional.empty();
        }
        String environment = head.annotation(ENVIRONMENT).orElse(STANDARD_ENVIRONMENT).strip();
        Names.problem("environment", environment, Names.MAX_NAME_LENGTH)
                .ifPresent(problem -> {
                    Value place = head.annotations().get(ENVIRONMENT);
                    (place == null ? file : place).problem(problem);
                });
        try {
            String text = surroundings.readText(notes.document(), file.looseText());
            return Optional.of(
                    new FunctionSpec(
                            FunctionSpec.Language.PYTHON,
                            environment,
                            requirements(),
                            new FunctionSpec.Source(nameOf(file.looseText()), text),
                            List.of(),
                            FunctionSpec.DEFAULT_TIMEOUT,
                            FunctionSpec.DEFAULT_MEMORY));
        } catch (MillraceException e) {
            file.problem(
                    "the file '%s' cannot be used: %s"
                            .formatted(ForeignDocuments.shown(file.looseText()), e.text()));
            return Optional.empty();
        }
    }

    private List<String> requirements() {
        return head.annotation(REQUIREMENTS).stream()
                .flatMap(text -> Arrays.stream(text.strip().split("\\s+")))
                .filter(text -> !text.isEmpty())
                .toList();
    }

    private static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
