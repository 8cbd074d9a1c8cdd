package io.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which objects of a bucket count. All that is said must hold.
 *
 * @param prefix with which the decoded key begins; empty for any
 * @param suffix with which it ends; empty for any
 * @param ignoresCase whether {@code .JPG} is {@code .jpg}
 * @param regex that the whole decoded key matches
 * @param metadata user metadata, names without {@code x-amz-meta-} and in lower case, that must be
 *     there with these values; more is allowed
 * @param tags the same for tags
 * @param events patterns of names without {@code s3:}, compared without case, such as {@code
 *     ObjectCreated:*}
 * @param atLeast bytes; empty for any
 * @param atMost bytes; empty for any
 */
public record ObjectFilter(
        String prefix,
        String suffix,
        boolean ignoresCase,
        Optional<String> regex,
        Map<String, String> metadata,
        Map<String, String> tags,
        List<String> events,
        OptionalLong atLeast,
        OptionalLong atMost) {

    /** What counts unless a source says otherwise. */
    public static final List<String> CREATED = List.of("ObjectCreated:*");

    /** Every object that was created. */
    public static final ObjectFilter ALL =
            new ObjectFilter(
                    "",
                    "",
                    false,
                    Optional.empty(),
                    Map.of(),
                    Map.of(),
                    CREATED,
                    OptionalLong.empty(),
                    OptionalLong.empty());

    public ObjectFilter {
        metadata = Map.copyOf(metadata);
        tags = Map.copyOf(tags);
        events = List.copyOf(events);
    }
}
