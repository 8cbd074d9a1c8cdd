package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.codec.payload.AnswerFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the answers of a slice say under the names that the outputs of a task need. An answer is
 * read when the first output asks for something of it, and once for all of them.
 *
 * <p>Hot path: where no output asks, nothing happens.
 */
final class SliceAnswers implements AnswerText {

    private final List<String> names = new ArrayList<>();
    private @Nullable AnswerFields fields;
    private AnswerFields.@Nullable Found[] found = {};
    private @Nullable Batch batch;
    private int item;

    /** The number of a field that an output needs. Before the first slice. */
    int field(String name) {
        int known = names.indexOf(name);
        if (known >= 0) {
            return known;
        }
        names.add(name);
        return names.size() - 1;
    }

    /** Begins a slice of so many items. */
    void start(int items) {
        if (!names.isEmpty() && found.length < items) {
            found = new AnswerFields.Found[Math.max(items, 2 * found.length)];
        }
    }

    /** The answer of one item. The same object each time. */
    AnswerText at(Batch slice, int place) {
        batch = slice;
        item = place;
        return this;
    }

    @Override
    public String text(int field) {
        Batch slice = batch;
        if (slice == null) {
            throw MillraceException.internal("asked for the answer of no item", null);
        }
        AnswerFields.Found known = found[item];
        if (known == null) {
            known = reader().read(slice.payload(item));
            found[item] = known;
        }
        return known.text(field);
    }

    private AnswerFields reader() {
        AnswerFields reader = fields;
        if (reader == null) {
            reader = new AnswerFields(names);
            fields = reader;
        }
        return reader;
    }

    /** Lets go of all answers. */
    void clear() {
        batch = null;
        Arrays.fill(found, null);
    }
}
