package io.millrace.spi;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A named value beside a record's payload. The array is handed over: nobody writes to it.
 *
 * @param name not empty
 * @param value any bytes, mostly UTF-8 text
 */
public record Header(String name, byte[] value) {

    /** A header of text. */
    public static Header of(String name, String text) {
        return new Header(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The value as text. */
    public String text() {
        return new String(value, StandardCharsets.UTF_8);
    }

    /** The text of the last header of a name, or null when there is none. */
    public static @Nullable String find(List<Header> headers, String name) {
        for (int i = headers.size() - 1; i >= 0; i--) {
            if (headers.get(i).name().equals(name)) {
                return headers.get(i).text();
            }
        }
        return null;
    }
}
