package io.millrace.codec.kserve;

import io.millrace.api.MillraceException;
import io.millrace.codec.Fields;
import io.millrace.codec.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads one map by its table: what is honoured is asked for by name, and {@link #end} warns of the
 * rest, refuses it, or does not know it.
 */
final class Section {

    private final FieldTable table;
    private final Fields fields;
    private final Notes notes;

    Section(Value value, FieldTable table, Notes notes) {
        this.table = table;
        this.fields = value.fields();
        this.notes = notes;
    }

    Notes notes() {
        return notes;
    }

    /** The value of a field that is honoured. */
    Value optional(String name) {
        requireHonoured(name);
        return fields.optional(name);
    }

    /** The value of a field that is honoured and must be there. */
    Value required(String name) {
        requireHonoured(name);
        return fields.required(name);
    }

    void problem(String message) {
        fields.problem(message);
    }

    private void requireHonoured(String name) {
        if (table.find(name).filter(r -> r.treatment() == FieldRule.Treatment.HONOURED).isEmpty()) {
            throw MillraceException.internal(
                    table.title() + "." + name + " is not in the table", null);
        }
    }

    /** Which of some fields are written. */
    List<String> written(List<String> names) {
        var written = new ArrayList<String>();
        for (String name : names) {
            if (fields.optional(name).isPresent()) {
                written.add(name);
            }
        }
        return written;
    }

    /** Ends the reading, for every map. */
    void end() {
        for (FieldRule rule : table.rules()) {
            Value value = fields.optional(rule.name());
            if (value.isPresent()) {
                tell(rule, value);
            }
        }
        fields.rejectUnknown();
    }

    private void tell(FieldRule rule, Value value) {
        switch (rule.treatment()) {
            case HONOURED -> {}
            case WARNED -> notes.warn(value, "'" + rule.name() + "' has no effect: " + rule.text());
            case REFUSED -> value.problem("'" + rule.name() + "' is not available: " + rule.text());
        }
    }
}
