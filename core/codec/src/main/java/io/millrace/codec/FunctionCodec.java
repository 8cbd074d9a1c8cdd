package io.millrace.codec;

import io.millrace.api.DataSize;
import io.millrace.api.FunctionSpec;
import io.millrace.api.FunctionSpec.Language;
import io.millrace.api.FunctionSpec.Parameter;
import io.millrace.api.FunctionSpec.ParameterType;
import io.millrace.api.FunctionSpec.Source;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code kind: Function}. */
final class FunctionCodec implements KindCodec<FunctionSpec> {

    private static final String DEFAULT_FILE = "function.py";
    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(1);
    private static final Duration MOST_TIMEOUT = Duration.ofHours(1);
    private static final DataSize LEAST_MEMORY = DataSize.ofMebibytes(32);
    private static final DataSize MOST_MEMORY = DataSize.ofMebibytes(1 << 20);
    private static final Map<String, Language> LANGUAGES = Words.of(Language.values());
    private static final Set<String> LATER_LANGUAGES = Set.of("node", "javascript", "go", "golang");
    private static final Map<String, ParameterType> PARAMETER_TYPES = parameterTypes();

    @Override
    public Class<FunctionSpec> type() {
        return FunctionSpec.class;
    }

    @Override
    public FunctionSpec read(Fields spec) {
        Language language =
                spec.required("language").choice("language", LANGUAGES, LATER_LANGUAGES);
        String environment = spec.required("environment").name("environment").value();
        List<String> requirements = requirements(spec.optional("requirements"));
        Source source = source(spec.required("source"), DEFAULT_FILE);
        List<Parameter> parameters = parameters(spec.optional("parameters"));
        Duration timeout =
                spec.optional("timeout")
                        .duration(FunctionSpec.DEFAULT_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT);
        DataSize memory =
                spec.optional("memory")
                        .size(FunctionSpec.DEFAULT_MEMORY, LEAST_MEMORY, MOST_MEMORY);
        spec.rejectUnknown();
        return new FunctionSpec(
                language, environment, requirements, source, parameters, timeout, memory);
    }

    /** A line break in a requirement would smuggle in further lines for the installer. */
    static List<String> requirements(Value value) {
        for (Value item : value.items()) {
            String text = item.filledText();
            if (text.chars().anyMatch(Character::isISOControl)) {
                item.problem("a requirement is one line, such as requests==2.32.3");
            } else if (text.strip().startsWith("-")) {
                item.problem("options of the installer are not allowed, only packages");
            }
        }
        return value.items().stream().map(Value::looseText).toList();
    }

    /** Code in a file beside the resource's own, or in it. */
    static Source source(Value value, String defaultFile) {
        if (!value.isPresent()) {
            return new Source(defaultFile, "");
        }
        Fields fields = value.fields();
        Value file = fields.optional("file");
        Value inline = fields.optional("inline");
        fields.rejectUnknown();
        String name = file.isPresent() ? file.filledText() : defaultFile;
        if (inline.isPresent() || value.reading().isUnchecked()) {
            return new Source(name, inline.text());
        }
        if (!file.isPresent()) {
            fields.problem("missing one of file, inline");
            return new Source(name, "");
        }
        if (value.reading().origin() == Reading.Origin.LOCAL) {
            return new Source(name, file.resolve(value.reading().files()::readText, name));
        }
        value.problem(
                "missing 'inline': the server cannot read '"
                        + DocumentParser.shorten(name)
                        + "'; millrace apply sends the file's text along");
        return new Source(name, "");
    }

    private static List<Parameter> parameters(Value value) {
        var parameters = new ArrayList<Parameter>();
        var names = new ArrayList<Value>();
        for (Value item : value.items()) {
            Fields fields = item.fields();
            Value name = fields.required("name");
            names.add(name);
            parameters.add(
                    new Parameter(
                            name.filledText(),
                            fields.optional("type")
                                    .choice("parameter type", PARAMETER_TYPES, Set.of())));
            fields.rejectUnknown();
        }
        Value.refuseDuplicates("parameter", names);
        return parameters;
    }

    private static Map<String, ParameterType> parameterTypes() {
        var types = new LinkedHashMap<>(Words.of(ParameterType.values()));
        types.put("number", ParameterType.INTEGER); // what consoles call it
        return types;
    }

    @Override
    public MapNode write(FunctionSpec spec) {
        List<MapNode> parameters =
                spec.parameters().stream()
                        .map(p ->
                                Node.map()
                                        .put("name", p.name())
                                        .put("type", Words.word(p.type()))
                                        .build())
                        .toList();
        return Node.map()
                .put("language", Words.word(spec.language()))
                .put("environment", spec.environment())
                .put("requirements", Node.texts(spec.requirements()))
                .put("source", write(spec.source()))
                .put("parameters", Node.list(parameters))
                .put("timeout", Durations.format(spec.timeout()))
                .put("memory", spec.memory().toString())
                .build();
    }

    static MapNode write(Source source) {
        return Node.map().put("file", source.file()).put("inline", source.code()).build();
    }
}
