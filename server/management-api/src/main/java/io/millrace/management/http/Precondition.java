package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.store.StoreImage;
import java.util.Optional;

/** What {@code If-Match} and {@code If-None-Match} expect. */
final class Precondition {
    private Precondition() {}

    /** The revision that a resource must have: {@link Revision#NONE} when it must not exist. */
    static Optional<Revision> of(Call call, ResourceKey key, StoreImage image) {
        Optional<String> match = call.header(HeaderNames.IF_MATCH);
        Optional<String> noneMatch = call.header(HeaderNames.IF_NONE_MATCH);
        if (match.isPresent() && noneMatch.isPresent()) {
            throw MillraceException.invalid("give If-Match or If-None-Match, not both");
        }
        if (noneMatch.isPresent()) {
            if (!noneMatch.get().strip().equals("*")) {
                throw MillraceException.invalid("If-None-Match must be *");
            }
            return Optional.of(Revision.NONE);
        }
        return match.map(text -> expected(call, text.strip(), key, image));
    }

    private static Revision expected(Call call, String text, ResourceKey key, StoreImage image) {
        if (text.equals("*")) {
            return image.find(key)
                    .map(resource -> resource.metadata().revision())
                    .orElseThrow(() -> new FailedPrecondition(key + " does not exist"));
        }
        boolean isQuoted = text.length() > 2 && text.startsWith("\"") && text.endsWith("\"");
        String inner = isQuoted ? text.substring(1, text.length() - 1) : text;
        long value = call.revision("If-Match", inner);
        if (value == 0) {
            throw MillraceException.invalid("no resource has revision 0");
        }
        return new Revision(value);
    }

    /** The revision of a resource as entity tag. */
    static String etag(Resource<?> resource) {
        return "\"" + resource.metadata().revision() + "\"";
    }
}
