package io.millrace.sender;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives samples one after another, without holding all of them. One thread. */
public interface SampleSource extends AutoCloseable {

    /** How they are written; the same for all. */
    Encoding encoding();

    /** How many there are. */
    long count();

    /** What a person should know about them, such as the numbers that classes got. */
    List<String> notes();

    /**
     * The next one; null behind the last.
     *
     * @throws io.millrace.api.MillraceException {@code INVALID} when it is not as its source said,
     *     with the place
     */
    @Nullable Sample next() throws IOException;

    @Override
    void close() throws IOException;
}
