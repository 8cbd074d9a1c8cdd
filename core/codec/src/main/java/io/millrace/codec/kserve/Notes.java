package io.millrace.codec.kserve;

import io.millrace.codec.Value;
import java.util.ArrayList;
import java.util.List;

/** The warnings about one document. */
final class Notes {

    private final int document;
    private final List<Warning> warnings = new ArrayList<>();

    Notes(int document) {
        this.document = document;
    }

    int document() {
        return document;
    }

    void warn(Value value, String message) {
        warnings.add(new Warning(document, value.pointer(), message));
    }

    List<Warning> warnings() {
        return List.copyOf(warnings);
    }
}
