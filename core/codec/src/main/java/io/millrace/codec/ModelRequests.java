package io.millrace.codec;

import io.millrace.api.ModelSpec.Version;
import io.millrace.api.MonitorSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.TrafficRule;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What clients ask about one model, from JSON or YAML. Everything that is wrong is told at once, in
 * {@link ResourceProblems}.
 */
public final class ModelRequests {

    private ModelRequests() {}

    /**
     * A version whose content the server is to fetch.
     *
     * @param version its number and address
     * @param framework of a model that is new
     */
    public record NewVersion(Version version, Optional<String> framework) {}

    /**
     * A version that shall answer those who name none.
     *
     * @param version its number
     * @param allowSignatureChange whether other inputs or outputs are fine from now on; empty to
     *     leave that as it is
     */
    public record Promotion(int version, Optional<Boolean> allowSignatureChange) {}

    /**
     * Reads {@code {version, uri, framework}}.
     *
     * @throws ResourceProblems when anything is wrong
     */
    public static NewVersion newVersion(String text) {
        return read(
                text,
                fields -> {
                    int number = version(fields);
                    String uri = VersionAddress.read(fields);
                    Value framework = fields.optional("framework");
                    return new NewVersion(
                            new Version(number, uri),
                            framework.isPresent()
                                    ? Optional.of(ModelCodec.framework(framework))
                                    : Optional.empty());
                });
    }

    /**
     * Reads {@code {version, allowSignatureChange}}.
     *
     * @throws ResourceProblems when anything is wrong
     */
    public static Promotion promotion(String text) {
        return read(
                text,
                fields -> {
                    int number = version(fields);
                    Value allowed = fields.optional("allowSignatureChange");
                    return new Promotion(
                            number,
                            allowed.isPresent()
                                    ? Optional.of(allowed.bool(false))
                                    : Optional.empty());
                });
    }

    /**
     * Reads {@code {version}}: what an alias shall name.
     *
     * @throws ResourceProblems when anything is wrong
     */
    public static int aliasTarget(String text) {
        return read(text, ModelRequests::version);
    }

    /** How a model is watched, as JSON. */
    public static String monitorJson(MonitorSpec monitor) {
        return JsonText.of(MonitorCodec.write(monitor));
    }

    /** Whether a text can be an alias: not empty and no number. */
    public static boolean isAlias(String text) {
        return ModelCodec.isAlias(text);
    }

    /**
     * Reads a rule for traffic, such as {@code {canary: {version: 2, percent: 10}}}.
     *
     * @param known the versions that there are
     * @throws ResourceProblems when anything is wrong
     */
    public static TrafficRule traffic(String text, Set<Integer> known) {
        return readValue(text, value -> TrafficCodec.read(value, known));
    }

    /** A rule for traffic as JSON in one line, as {@link #traffic} reads it. */
    public static String trafficJson(TrafficRule rule) {
        return JsonText.of(TrafficCodec.write(rule));
    }

    private static int version(Fields fields) {
        return fields.required("version").integer(1, ModelCodec.MAX_VERSION);
    }

    private static <T> T read(String text, Function<Fields, T> reader) {
        return readValue(
                text,
                value -> {
                    Fields fields = value.fields();
                    T result = reader.apply(fields);
                    fields.rejectUnknown();
                    return result;
                });
    }

    private static <T> T readValue(String text, Function<Value, T> reader) {
        return ResourceReader.forServer(ProjectId.DEFAULT)
                .one("", text, value -> Optional.of(reader.apply(value)));
    }
}
