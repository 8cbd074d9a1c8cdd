package io.millrace.control;

import io.millrace.api.BucketConnection;
import io.millrace.api.ObjectFilter;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.ResourceKey;
import io.millrace.api.TopicTemplate;
import io.millrace.api.TopicTemplate.Hole;
import io.millrace.api.TopicTemplate.Literal;
import io.millrace.api.TopicTemplate.Part;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether what an output puts into a bucket is news for a field of a data source. Only what is
 * certain counts: names that depend on the answer, and filters that look at more than a key, are
 * known only when objects are there. Pure.
 */
final class BucketLoops {

    private BucketLoops() {}

    /**
     * Whether objects of an output count for a stream.
     *
     * @param sources the streams of objects that the output's records are about
     */
    static boolean feeds(
            BucketOutput output,
            ResourceKey pipeline,
            List<StreamSelection.Stream> sources,
            StreamSelection.Stream stream) {
        if (stream.objects().isEmpty()
                || output.action() == BucketAction.DELETE
                || !isSeen(output.action(), stream.counting())) {
            return false;
        }
        if (sources.isEmpty()) {
            return feeds(output, pipeline, Optional.empty(), stream);
        }
        return sources.stream()
                .anyMatch(source -> feeds(output, pipeline, Optional.of(source), stream));
    }

    private static boolean feeds(
            BucketOutput output,
            ResourceKey pipeline,
            Optional<StreamSelection.Stream> source,
            StreamSelection.Stream stream) {
        Optional<BucketConnection> to =
                output.store().isPresent()
                        ? output.store()
                        : source.flatMap(s -> s.objects().orElseThrow().store());
        var into = stream.objects().orElseThrow();
        if (!isSameStore(to, into.store())
                || TopicTemplate.problemOfObject(output.bucket()).isPresent()
                || TopicTemplate.problemOfObject(output.key()).isPresent()) {
            return false;
        }
        TopicTemplate bucket = TopicTemplate.ofObject(output.bucket()).in(pipeline);
        String named =
                bucket.parts().equals(List.of(Hole.BUCKET)) && source.isPresent()
                        ? source.get().objects().orElseThrow().bucket()
                        : bucket.fixed().orElse("");
        return named.equals(into.bucket())
                && counts(TopicTemplate.ofObject(output.key()).in(pipeline), source, stream);
    }

    private static boolean isSameStore(
            Optional<BucketConnection> one, Optional<BucketConnection> other) {
        return one.map(BucketConnection::endpoint).equals(other.map(BucketConnection::endpoint));
    }

    /** A put may count where copies do not, and the other way round. */
    private static boolean isSeen(BucketAction action, ObjectFilter filter) {
        String event = action == BucketAction.PUT ? "objectcreated:put" : "objectcreated:copy";
        return filter.events().stream()
                .map(pattern -> pattern.toLowerCase(Locale.ROOT).replaceFirst("^s3:", ""))
                .anyMatch(pattern ->
                        pattern.endsWith("*")
                                ? event.startsWith(pattern.substring(0, pattern.length() - 1))
                                : event.equals(pattern));
    }

    private static boolean counts(
            TopicTemplate key,
            Optional<StreamSelection.Stream> source,
            StreamSelection.Stream stream) {
        ObjectFilter filter = stream.counting();
        boolean looksFurther =
                filter.regex().isPresent()
                        || !filter.metadata().isEmpty()
                        || !filter.tags().isEmpty()
                        || filter.atLeast().isPresent()
                        || filter.atMost().isPresent();
        if (looksFurther || key.parts().isEmpty()) {
            return false;
        }
        String begin = known(key.parts().getFirst(), source.map(s -> s.counting().prefix()));
        String end = known(key.parts().getLast(), source.map(s -> s.counting().suffix()));
        return folded(begin, filter).startsWith(folded(filter.prefix(), filter))
                && folded(end, filter).endsWith(folded(filter.suffix(), filter));
    }

    /** What is certain of a piece: the text itself, or what the keys of a source all have. */
    private static String known(Part part, Optional<String> ofKeys) {
        if (part instanceof Literal(String text)) {
            return text;
        }
        return part == Hole.KEY ? ofKeys.orElse("") : "";
    }

    private static String folded(String text, ObjectFilter filter) {
        return filter.ignoresCase() ? text.toLowerCase(Locale.ROOT) : text;
    }
}
