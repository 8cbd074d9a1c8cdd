package io.millrace.objects.sink;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an object that Millrace puts says of itself in its user metadata: where it came from. Stores
 * take ASCII there, and 2 KB in all.
 */
final class PutMetadata {

    /** Where the answer came from, as the header of that name says. */
    static final String PROVENANCE = "millrace-provenance";

    /** The object that the answer is about: bucket and key, percent-encoded. */
    static final String OBJECT = "millrace-object";

    /** The ETag that a copy had in the other store. */
    static final String ETAG = "millrace-etag";

    private static final int LONGEST = 900;

    private PutMetadata() {}

    static Map<String, String> of(List<Header> headers, @Nullable RecordObject about) {
        var metadata = new HashMap<String, String>();
        String provenance = Header.find(headers, HeaderNames.PROVENANCE);
        if (provenance != null) {
            put(metadata, PROVENANCE, provenance);
        }
        if (about != null) {
            put(metadata, OBJECT, encoded(about.bucket() + "/" + about.key()));
        }
        return metadata;
    }

    private static void put(Map<String, String> metadata, String name, String value) {
        if (value.length() <= LONGEST && value.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            metadata.put(name, value);
        }
    }

    private static String encoded(String text) {
        var out = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean isPlain =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || "-._~/".indexOf(c) >= 0;
            if (isPlain) {
                out.append(c);
            } else {
                out.append('%').append("%02X".formatted((int) c));
            }
        }
        return out.toString();
    }
}
