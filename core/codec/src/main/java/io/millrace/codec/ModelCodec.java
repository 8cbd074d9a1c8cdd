package io.millrace.codec;

import io.millrace.api.BatchingSpec;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.Version;
import io.millrace.api.Suggestion;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@code kind: Model}. */
final class ModelCodec implements KindCodec<ModelSpec> {

    static final int MAX_VERSION = 999_999_999;
    private static final int MAX_BATCH_SIZE = 65_536;
    private static final String TENSORFLOW = "tensorflow";
    private static final Set<String> LATER_FRAMEWORKS =
            Set.of("onnx", "tflite", "keras", "pytorch", "sklearn", "xgboost");
    private static final Pattern BLOB = Pattern.compile("blob:sha256:[0-9a-f]{64}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    /** As consoles offer it: a framework with the number of its release. */
    private static final Pattern WITH_RELEASE =
            Pattern.compile("(?i)(tensorflow)(\\s+[0-9]+(\\.[0-9x]+)*)?");

    @Override
    public Class<ModelSpec> type() {
        return ModelSpec.class;
    }

    @Override
    public ModelSpec read(Fields spec) {
        spec.later("traffic", "transformer");
        String framework = framework(spec.required("framework"));
        List<Version> versions = versions(spec.optional("versions"));
        Map<String, Integer> aliases = aliases(spec.optional("aliases"), versions);
        Value batching = spec.optional("batching");
        int maxBatchSize = BatchingSpec.STANDARD.maxBatchSize();
        if (batching.isPresent()) {
            Fields fields = batching.fields().later("maxDelay", "delay");
            Value size = fields.optional("maxBatchSize");
            maxBatchSize = size.isPresent() ? size.integer(1, MAX_BATCH_SIZE) : maxBatchSize;
            fields.rejectUnknown();
        }
        spec.rejectUnknown();
        return ModelSpec.of(framework, versions, aliases)
                .withBatching(BatchingSpec.STANDARD.withMaxBatchSize(maxBatchSize));
    }

    /** Engines are plug-ins, so any name may be right; what is surely wrong is told here. */
    private static String framework(Value value) {
        String text = value.filledText().strip();
        if (WITH_RELEASE.matcher(text).matches()) {
            return TENSORFLOW;
        }
        String shown = "framework '" + DocumentParser.shorten(text) + "'";
        String lower = text.toLowerCase(Locale.ROOT);
        if (LATER_FRAMEWORKS.contains(lower)) {
            value.problem(shown + " is not available in this version; allowed: " + TENSORFLOW);
        } else if (Suggestion.nearest(lower, Set.of(TENSORFLOW)).isPresent()) {
            value.problem("unknown " + shown + "; did you mean '" + TENSORFLOW + "'?");
        } else if (value.isPresent()) {
            return value.name("framework").value();
        }
        return TENSORFLOW;
    }

    private static List<Version> versions(Value value) {
        var versions = new ArrayList<Version>();
        var numbers = new ArrayList<Value>();
        for (Value item : value.items()) {
            Fields fields = item.fields();
            Value number = fields.required("version");
            Value uri = fields.required("uri");
            numbers.add(number);
            versions.add(new Version(number.integer(1, MAX_VERSION), uri(uri)));
            fields.rejectUnknown();
        }
        Value.refuseDuplicates("version", numbers);
        return versions;
    }

    private static String uri(Value value) {
        String uri = value.filledText();
        boolean good =
                uri.isBlank()
                        || value.reading().isUnchecked()
                        || BLOB.matcher(uri).matches()
                        || (value.reading().origin() == Reading.Origin.LOCAL
                                && uri.startsWith("file:")
                                && uri.length() > "file:".length());
        if (good) {
            return uri;
        }
        String shown = "'" + DocumentParser.shorten(uri) + "'";
        value.problem(
                uri.startsWith("file:") && uri.length() > "file:".length()
                        ? "the server cannot read "
                                + shown
                                + "; millrace apply uploads the file and names it"
                                + " blob:sha256:<64 hexadecimal digits>"
                        : "expected "
                                + (value.reading().origin() == Reading.Origin.LOCAL
                                        ? "file:<path> or "
                                        : "")
                                + "blob:sha256:<64 hexadecimal digits>, got "
                                + shown);
        return uri;
    }

    private static Map<String, Integer> aliases(Value value, List<Version> versions) {
        Set<Integer> known = versions.stream().map(Version::version).collect(Collectors.toSet());
        var aliases = new LinkedHashMap<String, Integer>();
        value.map()
                .forEach((alias, target) -> {
                    if (alias.isBlank() || NUMBER.matcher(alias).matches()) {
                        target.problem(
                                "alias '"
                                        + DocumentParser.shorten(alias)
                                        + "' must not be empty or a number");
                    }
                    if (!target.isPresent()) {
                        target.problem("expected the number of a version, got nothing");
                        return;
                    }
                    int version = target.integer(1, MAX_VERSION);
                    if (!known.contains(version)
                            && !versions.isEmpty()
                            && !target.reading().isUnchecked()) {
                        target.problem(
                                "alias '"
                                        + DocumentParser.shorten(alias)
                                        + "' names version "
                                        + version
                                        + ", which is not among the versions");
                    }
                    aliases.put(alias, version);
                });
        if (versions.isEmpty() && !aliases.isEmpty() && !value.reading().isUnchecked()) {
            value.problem("aliases need versions to name; there are none");
        }
        return aliases;
    }

    @Override
    public MapNode write(ModelSpec spec) {
        List<MapNode> versions =
                spec.versions().stream()
                        .map(v ->
                                Node.map().put("version", v.version()).put("uri", v.uri()).build())
                        .toList();
        var aliases = Node.map();
        new TreeMap<>(spec.aliases())
                .forEach((alias, version) -> aliases.put(alias, version.longValue()));
        return Node.map()
                .put("framework", spec.framework())
                .put("versions", Node.list(versions))
                .put("aliases", aliases.build())
                .put(
                        "batching",
                        Node.map().put("maxBatchSize", spec.batching().maxBatchSize()).build())
                .build();
    }
}
