package io.millrace.codec;

import io.millrace.api.DecodeSpec;
import io.millrace.api.LabelSpec;
import io.millrace.api.PipelineSpec.Start;
import io.millrace.api.ProjectId;
import io.millrace.api.ReservedTopics;
import io.millrace.api.ResourceName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * What clients ask about one training run, from JSON or YAML. Everything that is wrong is told at
 * once, in {@link ResourceProblems}.
 */
public final class TrainingRequests {

    private static final int MAX_REPLICAS = 1_000;
    private static final Map<String, Start> STARTS = Words.of(Start.values());

    private TrainingRequests() {}

    /**
     * A version that a run shall become.
     *
     * @param model of which model; empty for one of the run's own name
     * @param version its number; empty for the next
     * @param framework that shall serve it; empty for the best there is
     */
    public record Registration(
            Optional<ResourceName> model, OptionalInt version, Optional<String> framework) {}

    /**
     * A service on topics that a run shall become.
     *
     * @param registration as which version
     * @param pipeline how the pipeline is called; empty for as the run
     * @param input where requests are
     * @param output where answers go
     * @param start where it begins to read
     * @param replicas how many tasks share the work
     * @param decode how requests are written; empty for as the samples were
     * @param readers groups that shall get every answer although they come later
     */
    public record Deployment(
            Registration registration,
            Optional<ResourceName> pipeline,
            String input,
            String output,
            Start start,
            int replicas,
            Optional<DecodeSpec> decode,
            List<String> readers) {}

    /**
     * Reads {@code {model, version, framework}}.
     *
     * @throws ResourceProblems when anything is wrong
     */
    public static Registration registration(String text) {
        return read(text, TrainingRequests::registration);
    }

    private static Registration registration(Fields fields) {
        Value version = fields.optional("version");
        Value framework = fields.optional("framework");
        return new Registration(
                name(fields.optional("model"), "model"),
                version.isPresent()
                        ? OptionalInt.of(version.integer(1, ModelCodec.MAX_VERSION))
                        : OptionalInt.empty(),
                framework.isPresent()
                        ? Optional.of(ModelCodec.framework(framework))
                        : Optional.empty());
    }

    /**
     * Reads {@code {input, output, pipeline, model, version, start, replicas, decode, readers}}.
     *
     * @throws ResourceProblems when anything is wrong
     */
    public static Deployment deployment(String text) {
        return read(
                text,
                fields -> {
                    Value replicas = fields.optional("replicas");
                    Value decode = fields.optional("decode");
                    Value start = fields.optional("start");
                    Value readers = fields.optional("readers");
                    Value.refuseDuplicates("reader", readers.items());
                    return new Deployment(
                            registration(fields),
                            name(fields.optional("pipeline"), "pipeline"),
                            topic(fields.required("input")),
                            topic(fields.required("output")),
                            start.isPresent()
                                    ? start.choice("start", STARTS, Set.of())
                                    : Start.EARLIEST,
                            replicas.isPresent()
                                    ? Math.max(1, replicas.integer(1, MAX_REPLICAS))
                                    : 1,
                            decode.isPresent()
                                    ? Optional.of(DecodeCodec.read(decode))
                                    : Optional.empty(),
                            readers.items().stream().map(Value::filledLooseText).toList());
                });
    }

    private static Optional<ResourceName> name(Value value, String what) {
        return value.isPresent() ? Optional.of(value.name(what)) : Optional.empty();
    }

    private static String topic(Value value) {
        String text = value.filledText();
        if (!text.isBlank()) {
            Topics.problemOfFixedLog(text)
                    .or(() -> ReservedTopics.problem(text))
                    .ifPresent(value::problem);
        }
        return text;
    }

    /** How payloads are decoded, as JSON. */
    public static String decodeJson(DecodeSpec decode) {
        return JsonText.of(DecodeCodec.write(decode));
    }

    /** Where labels are, as JSON. */
    public static String labelJson(LabelSpec label) {
        return JsonText.of(DatasetCodec.write(label));
    }

    private static <T> T read(String text, Function<Fields, T> reader) {
        return ResourceReader.forServer(ProjectId.DEFAULT)
                .one(
                        "",
                        text,
                        value -> {
                            Fields fields = value.fields();
                            T result = reader.apply(fields);
                            fields.rejectUnknown();
                            return Optional.of(result);
                        });
    }
}
