package io.millrace.cli;

import io.millrace.api.Condition;

/** A condition in a line. */
final class ConditionText {

    private ConditionText() {}

    static String of(Condition condition) {
        String text = condition.type() + "=" + condition.status().label();
        if (!condition.reason().isEmpty()) {
            text += " " + condition.reason();
        }
        return condition.message().isEmpty()
                ? text
                : text + ": " + Terminal.printable(condition.message());
    }
}
