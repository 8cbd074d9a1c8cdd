package io.millrace.embedded.mqtt;

import org.jspecify.annotations.Nullable;

/** What a client said, fit for a log: short, and on one line. */
final class LogText {

    private static final int SHOWN = 100;

    private LogText() {}

    static String of(@Nullable String text) {
        if (text == null) {
            return "";
        }
        var out = new StringBuilder();
        text.codePoints()
                .limit(SHOWN)
                .forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return out.toString();
    }
}
