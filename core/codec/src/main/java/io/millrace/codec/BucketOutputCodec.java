package io.millrace.codec;

import io.millrace.api.ObjectNames;
import io.millrace.api.PipelineSpec.BatchFormat;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketBatch;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.TopicTemplate;
import io.millrace.api.TopicTemplate.Hole;
import io.millrace.api.TopicTemplate.Literal;
import io.millrace.api.TopicTemplate.Part;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code bucket:} among the outputs of a pipeline. */
final class BucketOutputCodec {

    private static final int MAX_RECORDS = 1_000_000;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final Map<String, BucketAction> ACTIONS = Words.of(BucketAction.values());
    private static final Map<String, BatchFormat> FORMATS =
            Words.of(new BatchFormat[] {BatchFormat.JSON, BatchFormat.CSV});
    private static final Set<String> LATER = Set.of(Words.word(BatchFormat.PARQUET));
    private static final String SAME_KEY = "{key}";

    private BucketOutputCodec() {}

    static BucketOutput read(Value target) {
        if (!target.isPresent()) {
            return new BucketOutput(BucketAction.PUT, "", "");
        }
        Fields settings = target.fields();
        BucketAction action = settings.optional("action").choice("action", ACTIONS, Set.of());
        Optional<BucketBatch> batch = batch(settings.optional("batch"), action);
        Value create = settings.optional("create");
        var output =
                action == BucketAction.DELETE
                        ? delete(settings, create)
                        : new BucketOutput(
                                action,
                                bucket(settings.required("bucket")),
                                key(settings, action, batch.isPresent()),
                                ConnectionCodec.bucket(settings),
                                create.bool(true),
                                batch);
        settings.rejectUnknown();
        return output;
    }

    /** Where is no question: the object is the one that the record is about. */
    private static BucketOutput delete(Fields settings, Value create) {
        for (Value extra :
                new Value[] {settings.optional("bucket"), settings.optional("key"), create}) {
            if (extra.isPresent()) {
                extra.problem("delete removes the object that the record is about: leave this out");
            }
        }
        return new BucketOutput(
                BucketAction.DELETE,
                "",
                "",
                ConnectionCodec.bucket(settings),
                true,
                Optional.empty());
    }

    private static String bucket(Value value) {
        String text = value.filledText();
        if (!text.isBlank()) {
            TopicTemplate.problemOfObject(text)
                    .or(() -> problemOfBucket(TopicTemplate.ofObject(text)))
                    .ifPresent(value::problem);
        }
        return text;
    }

    private static Optional<String> problemOfBucket(TopicTemplate template) {
        if (template.fixed().isPresent()) {
            return ObjectNames.problemOfBucket(template.fixed().get());
        }
        for (Part part : template.parts()) {
            if (part instanceof Literal(String text) && !ObjectNames.isPartOfBucket(text)) {
                return Optional.of(
                        "a bucket's name has only lower case letters, digits, '-' and '.', was '"
                                + DocumentParser.shorten(text)
                                + "'");
            }
        }
        return Optional.empty();
    }

    private static String key(Fields settings, BucketAction action, boolean isBatch) {
        Value value =
                action == BucketAction.PUT ? settings.required("key") : settings.optional("key");
        if (!value.isPresent()) {
            return SAME_KEY;
        }
        String text = value.filledText();
        if (!text.isBlank()) {
            TopicTemplate.problemOfObject(text)
                    .or(() -> problemOfKey(TopicTemplate.ofObject(text), isBatch))
                    .ifPresent(value::problem);
        }
        return text;
    }

    private static Optional<String> problemOfKey(TopicTemplate template, boolean isBatch) {
        if (isBatch
                && !(template.parts().contains(Hole.PARTITION)
                        && template.parts().contains(Hole.OFFSET))) {
            return Optional.of(
                    "the key of a batch needs {partition} and {offset}: else each batch would"
                            + " replace the one before");
        }
        if (template.fixed().isPresent()) {
            return ObjectNames.problemOfKey(template.fixed().get());
        }
        for (Part part : template.parts()) {
            if (part instanceof Literal(String text)) {
                Optional<String> problem = ObjectNames.problemOfPartOfKey(text);
                if (problem.isPresent()) {
                    return problem;
                }
            }
        }
        return template.parts().getFirst() instanceof Literal(String text) && text.startsWith("/")
                ? Optional.of("a key must not begin with '/'")
                : Optional.empty();
    }

    private static Optional<BucketBatch> batch(Value value, BucketAction action) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        if (action != BucketAction.PUT) {
            value.problem("only put gathers answers in a batch");
        }
        Fields settings = value.fields();
        Value records = settings.optional("records");
        var batch =
                new BucketBatch(
                        settings.optional("format").choice("format", FORMATS, LATER),
                        records.isPresent()
                                ? records.integer(1, MAX_RECORDS)
                                : BucketBatch.DEFAULT_RECORDS,
                        settings.optional("time")
                                .duration(BucketBatch.DEFAULT_TIME, SHORTEST, LONGEST));
        settings.rejectUnknown();
        return Optional.of(batch);
    }

    static MapNode write(BucketOutput output) {
        var map = Node.map();
        if (output.action() != BucketAction.PUT) {
            map.put("action", Words.word(output.action()));
        }
        if (output.action() != BucketAction.DELETE) {
            map.put("bucket", output.bucket()).put("key", output.key());
        }
        output.store().ifPresent(store -> ConnectionCodec.write(store, map));
        if (!output.isMadeOnDemand()) {
            map.put("create", false);
        }
        output.batch()
                .ifPresent(batch ->
                        map.put(
                                "batch",
                                Node.map()
                                        .put("format", Words.word(batch.format()))
                                        .put("records", batch.records())
                                        .put("time", Durations.format(batch.time()))
                                        .build()));
        return map.build();
    }
}
