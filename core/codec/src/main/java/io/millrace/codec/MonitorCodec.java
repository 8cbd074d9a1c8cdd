package io.millrace.codec;

import io.millrace.api.MonitorSpec;
import io.millrace.api.MonitorSpec.ClassTarget;
import io.millrace.api.MonitorSpec.Distance;
import io.millrace.api.MonitorSpec.FirstRecords;
import io.millrace.api.MonitorSpec.LabelField;
import io.millrace.api.MonitorSpec.LabelSource;
import io.millrace.api.MonitorSpec.LabelTopic;
import io.millrace.api.MonitorSpec.Labels;
import io.millrace.api.MonitorSpec.NumberTarget;
import io.millrace.api.MonitorSpec.Reference;
import io.millrace.api.MonitorSpec.SameAsVersion;
import io.millrace.api.MonitorSpec.Target;
import io.millrace.api.ReservedTopics;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code monitor} of a model. */
final class MonitorCodec {

    /** With fewer records every distribution differs from every other by chance. */
    private static final int LEAST_RECORDS = 100;

    private static final int MOST_RECORDS = 10_000_000;
    private static final int MOST_WINDOWS = 1_000;
    private static final int MOST_ELEMENTS = 1_000_000;
    private static final double LARGEST_THRESHOLD = 100;
    private static final Duration LEAST_WITHIN = Duration.ofSeconds(1);
    private static final Duration MOST_WITHIN = Duration.ofDays(365);
    private static final Map<String, Distance> DISTANCES = Words.of(Distance.values());
    private static final Map<String, Boolean> KINDS = kinds();

    private MonitorCodec() {}

    private static Map<String, Boolean> kinds() {
        var kinds = new LinkedHashMap<String, Boolean>();
        kinds.put("number", false);
        kinds.put("class", true);
        return kinds;
    }

    /**
     * Reads what is declared; empty when nothing is.
     *
     * @param known the versions that there are
     */
    static Optional<MonitorSpec> read(Value value, Set<Integer> known) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        Fields fields = value.fields();
        double sample =
                positive(fields.optional("sample"), MonitorSpec.DEFAULT_SAMPLE, 1, "a share");
        Reference reference = reference(fields.optional("reference"), known);
        int window = window(fields.optional("window"));
        Distance distance = fields.optional("distance").choice("distance", DISTANCES, Set.of());
        double threshold =
                positive(
                        fields.optional("threshold"),
                        distance.usualThreshold(),
                        distance == Distance.KS ? 1 : LARGEST_THRESHOLD,
                        "a distance");
        Value after = fields.optional("after");
        var spec =
                new MonitorSpec(
                        sample,
                        reference,
                        window,
                        distance,
                        threshold,
                        after.isPresent()
                                ? after.integer(1, MOST_WINDOWS)
                                : MonitorSpec.DEFAULT_AFTER,
                        labels(fields.optional("labels")));
        fields.rejectUnknown();
        return Optional.of(spec);
    }

    private static double positive(Value value, double otherwise, double most, String what) {
        if (!value.isPresent()) {
            return otherwise;
        }
        double number = value.decimal();
        if (number <= 0 || number > most) {
            value.problem(
                    "must be %s above 0 and up to %s, was %s"
                            .formatted(what, plain(most), plain(number)));
        }
        return number;
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    private static Reference reference(Value value, Set<Integer> known) {
        if (!value.isPresent()) {
            return new FirstRecords(MonitorSpec.DEFAULT_REFERENCE);
        }
        Fields fields = value.fields();
        String way = fields.oneOf("records", "version").orElse("records");
        Value chosen = fields.optional(way);
        fields.rejectUnknown();
        if (way.equals("records")) {
            return new FirstRecords(chosen.integer(LEAST_RECORDS, MOST_RECORDS));
        }
        int version = chosen.integer(1, ModelCodec.MAX_VERSION);
        if (chosen.isPresent()) {
            ModelCodec.refuseUnknown(chosen, "the reference", version, known);
        }
        return new SameAsVersion(version);
    }

    private static int window(Value value) {
        if (!value.isPresent()) {
            return MonitorSpec.DEFAULT_WINDOW;
        }
        Fields fields = value.fields();
        Value records = fields.required("records");
        fields.rejectUnknown();
        return records.integer(LEAST_RECORDS, MOST_RECORDS);
    }

    private static Optional<Labels> labels(Value value) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        Fields fields = value.fields();
        LabelSource source = source(fields);
        Value error = fields.optional("trainingError");
        double trainingError = error.decimal();
        if (trainingError < 0) {
            error.problem("must not be negative, was " + trainingError);
        }
        var labels =
                new Labels(
                        source,
                        text(fields.optional("key")),
                        fields.required("value").filledText(),
                        text(fields.optional("series")),
                        target(fields),
                        fields.optional("within")
                                .duration(MonitorSpec.DEFAULT_WITHIN, LEAST_WITHIN, MOST_WITHIN),
                        error.isPresent() ? Optional.of(trainingError) : Optional.empty());
        fields.rejectUnknown();
        return Optional.of(labels);
    }

    private static Optional<String> text(Value value) {
        return value.isPresent() ? Optional.of(value.filledText()) : Optional.empty();
    }

    private static LabelSource source(Fields fields) {
        if (fields.oneOf("dataSource", "kafka").orElse("dataSource").equals("dataSource")) {
            var dataSource = fields.optional("dataSource").name("data source");
            Value field = fields.optional("field");
            if (fields.declares("dataSource") && !field.isPresent()) {
                fields.missing("field");
            }
            return new LabelField(dataSource, field.name("field"));
        }
        Fields kafka = fields.optional("kafka").fields();
        Value topic = kafka.required("topic");
        String text = topic.filledText();
        if (topic.isPresent() && !text.isBlank()) {
            Topics.problemOfFixedLog(text)
                    .or(() -> ReservedTopics.problem(text))
                    .ifPresent(topic::problem);
        }
        kafka.rejectUnknown();
        return new LabelTopic(text);
    }

    private static Target target(Fields fields) {
        boolean isClass = fields.required("kind").choice("kind", KINDS, Set.of());
        Value element = fields.optional("element");
        Value classes = fields.optional("classes");
        if (isClass) {
            if (element.isPresent()) {
                element.problem("'element' is for kind: number; a class is the largest element");
            }
            Value.refuseDuplicates("class", classes.items());
            return new ClassTarget(classes.texts());
        }
        if (classes.isPresent() && fields.declares("kind")) {
            classes.problem("'classes' are for kind: class");
        }
        return new NumberTarget(element.isPresent() ? element.integer(0, MOST_ELEMENTS) : 0);
    }

    static MapNode write(MonitorSpec spec) {
        var map =
                Node.map()
                        .put("sample", spec.sample())
                        .put(
                                "reference",
                                switch (spec.reference()) {
                                    case FirstRecords(int records) ->
                                            Node.map().put("records", records).build();
                                    case SameAsVersion(int version) ->
                                            Node.map().put("version", version).build();
                                })
                        .put("window", Node.map().put("records", spec.window()).build())
                        .put("distance", Words.word(spec.distance()))
                        .put("threshold", spec.threshold())
                        .put("after", spec.after());
        spec.labels().ifPresent(labels -> map.put("labels", write(labels)));
        return map.build();
    }

    private static MapNode write(Labels labels) {
        var map = Node.map();
        switch (labels.source()) {
            case LabelField(var dataSource, var field) ->
                    map.put("dataSource", dataSource.value()).put("field", field.value());
            case LabelTopic(String topic) ->
                    map.put("kafka", Node.map().put("topic", topic).build());
        }
        labels.key().ifPresent(key -> map.put("key", key));
        map.put("value", labels.value());
        labels.series().ifPresent(series -> map.put("series", series));
        switch (labels.target()) {
            case NumberTarget(int element) -> map.put("kind", "number").put("element", element);
            case ClassTarget(List<String> names) ->
                    map.put("kind", "class").put("classes", Node.texts(names));
        }
        map.put("within", Durations.format(labels.within()));
        labels.trainingError().ifPresent(error -> map.put("trainingError", error.doubleValue()));
        return map.build();
    }
}
