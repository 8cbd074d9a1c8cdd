package io.millrace.codec;

import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec;
import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.api.TransformerSpec.Reply;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** User code around a model. */
final class TransformerCodec {

    private static final Map<String, Protocol> PROTOCOLS = Words.of(Protocol.values());
    private static final Map<String, Reply> REPLIES = Words.of(Reply.values());
    private static final Set<String> LATER_PROTOCOLS = Set.of("grpc-v1", "grpc-v2");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Duration LEAST_MEMORY = Duration.ofSeconds(1);
    private static final Duration MOST_MEMORY = Duration.ofDays(1);

    private TransformerCodec() {}

    static Optional<TransformerSpec> read(Value value) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        Fields fields = value.fields();
        Value workers = fields.optional("workers");
        Value secret = fields.optional("secret");
        Value deduplicate = fields.optional("deduplicate");
        var spec =
                new TransformerSpec(
                        fields.required("function").name("function"),
                        workers.isPresent() ? workers.integer(1, TransformerSpec.MAX_WORKERS) : 1,
                        fields.optional("protocol").choice("protocol", PROTOCOLS, LATER_PROTOCOLS),
                        fields.optional("args").textMap(),
                        fields.optional("arguments").items().stream()
                                .map(Value::looseText)
                                .toList(),
                        environment(fields.optional("environment")),
                        secret.isPresent() ? Optional.of(secret.name("secret")) : Optional.empty(),
                        fields.optional("reply").choice("reply", REPLIES, Set.of()),
                        deduplicate.isPresent()
                                ? Optional.of(
                                        deduplicate.duration(
                                                LEAST_MEMORY, LEAST_MEMORY, MOST_MEMORY))
                                : Optional.empty());
        fields.rejectUnknown();
        return Optional.of(spec);
    }

    private static Map<String, String> environment(Value value) {
        value.map()
                .forEach((name, text) -> {
                    if (!VARIABLE.matcher(name).matches()) {
                        text.problem(
                                "'%s' is no name of a variable: letters, digits and _, no digit first"
                                        .formatted(DocumentParser.shorten(name)));
                    }
                });
        return value.textMap();
    }

    static MapNode write(TransformerSpec spec) {
        var map =
                Node.map()
                        .put("function", spec.function().value())
                        .put("workers", spec.workers())
                        .put("protocol", Words.word(spec.protocol()))
                        .put("args", Trees.textMap(spec.args()))
                        .put("arguments", Node.texts(spec.arguments()))
                        .put("environment", Trees.textMap(spec.environment()));
        spec.secret().map(ResourceName::value).ifPresent(name -> map.put("secret", name));
        map.put("reply", Words.word(spec.reply()));
        spec.deduplicate().ifPresent(time -> map.put("deduplicate", Durations.format(time)));
        return map.build();
    }
}
