package io.millrace.training.samples;

import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import io.millrace.spi.LogRecord;
import java.util.List;

/** Finds the bytes of a record that hold its label. */
final class LabelSource {

    private final LabelSpec spec;

    LabelSource(LabelSpec spec) {
        this.spec = spec;
    }

    byte[] of(LogRecord record) {
        return switch (spec.place()) {
            case KEY -> key(record);
            case FIELD -> record.value();
            case HEADER -> header(record.headers());
        };
    }

    private static byte[] key(LogRecord record) {
        byte[] key = record.key();
        if (key == null) {
            throw MillraceException.invalid("label: expected it in the key, got no key");
        }
        return key;
    }

    private byte[] header(List<Header> headers) {
        for (int i = headers.size() - 1; i >= 0; i--) {
            if (headers.get(i).name().equals(spec.name())) {
                return headers.get(i).value();
            }
        }
        throw MillraceException.invalid(
                "label: expected it in the header %s, got no such header".formatted(spec.name()));
    }
}
