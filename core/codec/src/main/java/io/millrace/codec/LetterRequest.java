package io.millrace.codec;

import io.millrace.api.ProjectId;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;

/**
 * Which dead letters a client wants to have tried again or dropped. Something must be said: what
 * would take all letters has to say {@code all: true}.
 *
 * @param positions as {@code partition/offset}; empty for any
 * @param code the error code, or empty
 * @param stage a part of the stage, or empty
 * @param contains a part of the reason, or empty
 * @param step a step with or without its version, or empty
 * @param key the record's key, or empty
 * @param since the earliest time
 * @param until the time before which
 */
public record LetterRequest(
        List<String> positions,
        String code,
        String stage,
        String contains,
        String step,
        String key,
        Optional<Instant> since,
        Optional<Instant> until) {

    public LetterRequest {
        positions = List.copyOf(positions);
    }

    /**
     * Reads {@code {positions, code, stage, contains, step, key, since, until, all}}.
     *
     * @throws ResourceProblems when anything is wrong
     */
    public static LetterRequest read(String text) {
        return ResourceReader.forServer(ProjectId.DEFAULT)
                .one("", text, value -> Optional.of(read(value)));
    }

    private static LetterRequest read(Value value) {
        Fields fields = value.fields();
        Value positions = fields.optional("positions");
        var request =
                new LetterRequest(
                        positions.isPresent()
                                ? positions.filledItems().stream()
                                        .map(Value::filledLooseText)
                                        .toList()
                                : List.of(),
                        text(fields, "code"),
                        text(fields, "stage"),
                        text(fields, "contains"),
                        text(fields, "step"),
                        text(fields, "key"),
                        time(fields, "since"),
                        time(fields, "until"));
        Value all = fields.optional("all");
        boolean takesAll = all.isPresent() && all.bool(false);
        fields.rejectUnknown();
        if (!takesAll && request.saysNothing()) {
            value.problem(
                    "say which letters: name positions, filter, or take them all by 'all: true'");
        } else if (takesAll && !request.saysNothing()) {
            all.problem("'all' does not go with a filter; leave one of them out");
        }
        return request;
    }

    private boolean saysNothing() {
        return positions.isEmpty()
                && code.isEmpty()
                && stage.isEmpty()
                && contains.isEmpty()
                && step.isEmpty()
                && key.isEmpty()
                && since.isEmpty()
                && until.isEmpty();
    }

    private static String text(Fields fields, String name) {
        Value value = fields.optional(name);
        return value.isPresent() ? value.filledLooseText() : "";
    }

    private static Optional<Instant> time(Fields fields, String name) {
        Value value = fields.optional(name);
        if (!value.isPresent()) {
            return Optional.empty();
        }
        String text = value.looseText();
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeParseException _) {
            value.problem("expected a time such as 2026-01-31T12:00:00Z, got '%s'".formatted(text));
            return Optional.empty();
        }
    }
}
