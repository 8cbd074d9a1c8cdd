package io.millrace.stream;

import io.millrace.codec.payload.AnswerFacts;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a template may say of the record at hand; one object for all records of a lane. */
final class RecordFacts implements AnswerFacts {

    private final String model;
    private List<Header> headers = List.of();
    private int version;

    RecordFacts(String model) {
        this.model = model;
    }

    /** The next record and which version answered it. */
    void of(LogRecord record, int answeredBy) {
        headers = record.headers();
        version = answeredBy;
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public int version() {
        return version;
    }

    @Override
    public @Nullable String header(String name) {
        return Header.find(headers, name);
    }

    @Override
    public @Nullable String capture(String name) {
        return Header.find(headers, HeaderNames.CAPTURE_PREFIX + name);
    }
}
