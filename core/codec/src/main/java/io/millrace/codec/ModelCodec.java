package io.millrace.codec;

import io.millrace.api.BatchingSpec;
import io.millrace.api.BucketConnection;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.SignatureChange;
import io.millrace.api.ModelSpec.Version;
import io.millrace.api.Suggestion;
import io.millrace.api.TrafficRule;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@code kind: Model}. */
final class ModelCodec implements KindCodec<ModelSpec> {

    static final int MAX_VERSION = 999_999_999;
    private static final List<String> FRAMEWORKS = List.of("tensorflow", "onnx", "tflite", "keras");
    private static final Set<String> LATER_FRAMEWORKS = Set.of("pytorch", "sklearn", "xgboost");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final Map<String, SignatureChange> SIGNATURE_CHANGES =
            Words.of(SignatureChange.values());

    /** As consoles offer it: a framework with the number of its release. */
    private static final Pattern WITH_RELEASE =
            Pattern.compile("(?i)(tensorflow|onnx|tflite|keras)(\\s+[0-9]+(\\.[0-9x]+)*)?");

    @Override
    public Class<ModelSpec> type() {
        return ModelSpec.class;
    }

    @Override
    public ModelSpec read(Fields spec) {
        String framework = framework(spec.required("framework"));
        List<Version> versions = versions(spec.optional("versions"));
        Set<Integer> known = versions.stream().map(Version::version).collect(Collectors.toSet());
        Map<String, Integer> aliases = aliases(spec.optional("aliases"), known);
        BatchingSpec batching = BatchingCodec.read(spec.optional("batching"));
        TrafficRule traffic = TrafficCodec.read(spec.optional("traffic"), known);
        SignatureChange signatureChange =
                spec.optional("signatureChange")
                        .choice("signature change", SIGNATURE_CHANGES, Set.of());
        var monitor = MonitorCodec.read(spec.optional("monitor"), known);
        var transformer = TransformerCodec.read(spec.optional("transformer"));
        spec.rejectUnknown();
        return new ModelSpec(
                framework,
                versions,
                aliases,
                batching,
                traffic,
                signatureChange,
                monitor,
                transformer);
    }

    /** Engines are plug-ins, so any name may be right; what is surely wrong is told here. */
    static String framework(Value value) {
        String text = value.filledText().strip();
        Matcher released = WITH_RELEASE.matcher(text);
        if (released.matches()) {
            return released.group(1).toLowerCase(Locale.ROOT);
        }
        String shown = "framework '" + DocumentParser.shorten(text) + "'";
        String lower = text.toLowerCase(Locale.ROOT);
        Optional<String> nearest = Suggestion.nearest(lower, FRAMEWORKS);
        if (LATER_FRAMEWORKS.contains(lower)) {
            value.problem(
                    shown
                            + " is not available in this version; allowed: "
                            + String.join(", ", FRAMEWORKS));
        } else if (nearest.isPresent()) {
            value.problem("unknown " + shown + "; did you mean '" + nearest.get() + "'?");
        } else if (value.isPresent()) {
            return value.name("framework").value();
        }
        return FRAMEWORKS.getFirst();
    }

    private static List<Version> versions(Value value) {
        var versions = new ArrayList<Version>();
        var numbers = new ArrayList<Value>();
        for (Value item : value.items()) {
            Fields fields = item.fields();
            Value number = fields.required("version");
            String uri = VersionAddress.read(fields);
            Value decode = fields.optional("decode");
            Value store = fields.optional("store");
            refuseStore(store, uri);
            numbers.add(number);
            versions.add(
                    new Version(
                            number.integer(1, MAX_VERSION),
                            uri,
                            decode.isPresent()
                                    ? Optional.of(DecodeCodec.read(decode))
                                    : Optional.empty(),
                            store(store)));
            fields.rejectUnknown();
        }
        Value.refuseDuplicates("version", numbers);
        return versions;
    }

    private static Optional<BucketConnection> store(Value store) {
        if (!store.isPresent()) {
            return Optional.empty();
        }
        Fields fields = store.fields();
        if (!fields.optional("endpoint").isPresent()) {
            fields.missing("endpoint");
        }
        Optional<BucketConnection> connection = ConnectionCodec.bucket(fields);
        fields.rejectUnknown();
        return connection;
    }

    private static MapNode write(BucketConnection store) {
        var map = Node.map();
        ConnectionCodec.write(store, map);
        return map.build();
    }

    private static void refuseStore(Value store, String uri) {
        if (store.isPresent() && !uri.isBlank() && !uri.regionMatches(true, 0, "s3:", 0, 3)) {
            store.problem("only an address s3://<bucket>/<key> is in a store");
        }
    }

    private static Map<String, Integer> aliases(Value value, Set<Integer> known) {
        var aliases = new LinkedHashMap<String, Integer>();
        value.map()
                .forEach((alias, target) -> {
                    if (!isAlias(alias)) {
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
                    String what = "alias '" + DocumentParser.shorten(alias) + "'";
                    if (!known.isEmpty()) {
                        refuseUnknown(target, what, version, known);
                    }
                    aliases.put(alias, version);
                });
        if (known.isEmpty() && !aliases.isEmpty() && !value.reading().isUnchecked()) {
            value.problem("aliases need versions to name; there are none");
        }
        return aliases;
    }

    /** A number would hide the version of that number. */
    static boolean isAlias(String text) {
        return !text.isBlank() && !NUMBER.matcher(text).matches();
    }

    /** Notes that something names a version that is not declared. */
    static void refuseUnknown(Value place, String what, int version, Set<Integer> known) {
        if (!known.contains(version) && !place.reading().isUnchecked()) {
            place.problem(what + " names version " + version + ", which is not among the versions");
        }
    }

    private static MapNode write(Version version) {
        var map = Node.map().put("version", version.version()).put("uri", version.uri());
        version.decode().ifPresent(decode -> map.put("decode", DecodeCodec.write(decode)));
        version.store().ifPresent(store -> map.put("store", write(store)));
        return map.build();
    }

    @Override
    public MapNode write(ModelSpec spec) {
        List<MapNode> versions = spec.versions().stream().map(ModelCodec::write).toList();
        var aliases = Node.map();
        new TreeMap<>(spec.aliases())
                .forEach((alias, version) -> aliases.put(alias, version.longValue()));
        var map =
                Node.map()
                        .put("framework", spec.framework())
                        .put("versions", Node.list(versions))
                        .put("aliases", aliases.build())
                        .put("batching", BatchingCodec.write(spec.batching()))
                        .put("traffic", TrafficCodec.write(spec.traffic()))
                        .put("signatureChange", Words.word(spec.signatureChange()));
        spec.monitor().ifPresent(monitor -> map.put("monitor", MonitorCodec.write(monitor)));
        spec.transformer()
                .ifPresent(
                        transformer -> map.put("transformer", TransformerCodec.write(transformer)));
        return map.build();
    }
}
