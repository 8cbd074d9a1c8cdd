package io.millrace.stream;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import java.util.List;

/**
 * What tells series apart: the key fields of their readings, and what stood in the named levels of
 * their topic. So tenants never share a window, whatever they write into their readings.
 */
final class SeriesName {

    /** Neither topics nor JSON hold it. */
    private static final char BETWEEN = '\0';

    private SeriesName() {}

    /**
     * The full name of a series.
     *
     * @param keys its key fields, as text
     */
    static String of(LogRecord record, String keys) {
        List<Header> headers = record.headers();
        StringBuilder name = null;
        for (int i = 0; i < headers.size(); i++) {
            Header header = headers.get(i);
            if (header.name().startsWith(HeaderNames.CAPTURE_PREFIX)) {
                if (name == null) {
                    name = new StringBuilder(64);
                }
                name.append(header.name()).append(BETWEEN).append(header.text()).append(BETWEEN);
            }
        }
        return name == null ? keys : name.append(keys).toString();
    }
}
