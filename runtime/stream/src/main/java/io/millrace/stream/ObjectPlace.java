package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.ObjectNames;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.ResourceKey;
import io.millrace.spi.GatheringSink;
import io.millrace.spi.LogRecord;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where an output to buckets puts what is made of a record: bucket and key with a slash between.
 * What fills their holes comes from outside, so both are checked once more when they are filled.
 */
final class ObjectPlace implements Address.Target {

    /** As long as the offsets of two records can become. */
    private static final String LONGEST_OFFSETS = "0".repeat(39);

    private final Template bucket;
    private final Template key;
    private final @Nullable String fixedBucket;
    private final long offsets;
    private final boolean isExisting;

    private ObjectPlace(Template bucket, Template key, boolean isExisting) {
        this.bucket = bucket;
        this.key = key;
        this.fixedBucket = bucket.isConstant() ? checkedBucket(bucket.text()) : null;
        this.offsets = countOffsets(key.text());
        this.isExisting = isExisting;
    }

    private static long countOffsets(String text) {
        return text.chars().filter(c -> c == GatheringSink.OFFSETS.charAt(0)).count();
    }

    static ObjectPlace of(BucketOutput output, ResourceKey pipeline, SliceAnswers answers) {
        boolean isExisting = output.action() == BucketAction.DELETE;
        boolean isBatch = output.batch().isPresent();
        return new ObjectPlace(
                Template.ofObject(
                        isExisting ? "{bucket}" : output.bucket(),
                        pipeline,
                        "the name of the bucket",
                        isBatch,
                        answers),
                Template.ofObject(
                        isExisting ? "{key}" : output.key(),
                        pipeline,
                        "the key of the object",
                        isBatch,
                        answers),
                isExisting);
    }

    @Override
    public String of(LogRecord record, AnswerText answer) {
        String named = fixedBucket;
        if (named == null) {
            named = bucket.expand(record, answer);
        }
        String filled = key.expand(record, answer);
        if (!isExisting) {
            if (fixedBucket == null) {
                named = checkedBucket(named);
            }
            check(filled);
        }
        return named + "/" + filled;
    }

    private static String checkedBucket(String name) {
        Optional<String> problem = ObjectNames.problemOfBucket(name);
        if (problem.isPresent()) {
            throw MillraceException.invalid(problem.get());
        }
        return name;
    }

    /** What stands for offsets is no character of a key unless the template has put it there. */
    private void check(String filled) {
        boolean isBatch = offsets > 0 && countOffsets(filled) == offsets;
        Optional<String> problem =
                ObjectNames.problemOfKey(
                        isBatch ? filled.replace(GatheringSink.OFFSETS, LONGEST_OFFSETS) : filled);
        if (problem.isPresent()) {
            throw MillraceException.invalid(problem.get());
        }
    }
}
