package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds some fields of JSON answers, as text: for names of topics, buckets and objects.
 *
 * <p>A field stands at the top of the answer. One that does not is looked for in the best of
 * several results: the first element of the list {@code top}, {@code predictions} or {@code
 * outputs}, or of the answer itself when that is a list. Of a list with one element, the element
 * counts. A number that is whole is written without {@code .0}.
 *
 * <p>Reads an answer once, from its begin to its end. Not safe for several threads.
 */
public final class AnswerFields {

    private static final int MOST_NESTED = 32;
    private static final int MOST_SHOWN = 8;
    private static final double LARGEST_EXACT = 1e15;
    private static final byte[][] RESULTS = {
        "top".getBytes(StandardCharsets.US_ASCII),
        "predictions".getBytes(StandardCharsets.US_ASCII),
        "outputs".getBytes(StandardCharsets.US_ASCII)
    };

    private final String[] names;
    private final byte[][] wanted;
    private final JsonScanner scanner = new JsonScanner();
    private @Nullable String problem;

    /**
     * For fields of some names.
     *
     * @param names each once
     */
    public AnswerFields(List<String> names) {
        this.names = names.toArray(String[]::new);
        this.wanted = new byte[this.names.length][];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = this.names[i].getBytes(StandardCharsets.UTF_8);
        }
    }

    /** The fields of one answer. What is wrong with one of them is said when it is asked for. */
    public Found read(byte[] answer) {
        var found = new Found(names, answer);
        scanner.start(answer);
        try {
            readAnswer(found);
            if (scanner.peek() >= 0) {
                throw scanner.unexpected("the end of the answer");
            }
        } catch (MillraceException e) {
            found.refuse("the answer is not JSON: " + e.text());
        }
        return found;
    }

    private void readAnswer(Found found) {
        if (scanner.peek() == '{') {
            readObject(found, false);
        } else if (scanner.peek() == '[') {
            readResults(found);
        } else {
            found.refuse("the answer is " + scanner.kind() + " and not a JSON object");
            scanner.skip();
        }
    }

    /** Reads an object; at the top also the first of the results that it may hold. */
    private void readObject(Found found, boolean isResult) {
        scanner.expect('{');
        if (scanner.take('}')) {
            return;
        }
        do {
            scanner.readText();
            int field = field();
            boolean hasResults = !isResult && isResults();
            scanner.expect(':');
            int start = scanner.position();
            if (field >= 0) {
                String text = value(0);
                found.set(field, text, problem, isResult);
            }
            if (hasResults) {
                scanner.position(start);
            }
            if (hasResults && scanner.peek() == '[') {
                readResults(found);
            } else if (field < 0 || hasResults) {
                scanner.skip();
            }
        } while (scanner.take(','));
        scanner.expect('}');
    }

    /** Reads a list of which only the first element counts. */
    private void readResults(Found found) {
        scanner.expect('[');
        if (scanner.take(']')) {
            return;
        }
        if (scanner.peek() == '{') {
            readObject(found, true);
        } else {
            scanner.skip();
        }
        while (scanner.take(',')) {
            scanner.skip();
        }
        scanner.expect(']');
    }

    private int field() {
        for (int i = 0; i < wanted.length; i++) {
            if (scanner.textIs(wanted[i])) {
                return i;
            }
        }
        return -1;
    }

    private boolean isResults() {
        for (byte[] name : RESULTS) {
            if (scanner.textIs(name)) {
                return true;
            }
        }
        return false;
    }

    /** The next value as text; null with a problem when it is none that has one. */
    private @Nullable String value(int depth) {
        problem = null;
        int next = scanner.peek();
        if (next == '"') {
            scanner.readText();
            return scanner.unescaped();
        }
        if (next == '[') {
            return onlyElement(depth);
        }
        int start = scanner.position();
        String kind = scanner.kind();
        boolean isNumber = scanner.isNumberNext();
        scanner.skip();
        if (isNumber) {
            return number(scanner.textSince(start));
        }
        if (next == 't' || next == 'f') {
            return next == 't' ? "true" : "false";
        }
        problem = kind;
        return null;
    }

    private @Nullable String onlyElement(int depth) {
        int start = scanner.position();
        scanner.expect('[');
        if (scanner.take(']')) {
            problem = "an empty list";
            return null;
        }
        String text = null;
        if (depth < MOST_NESTED) {
            text = value(depth + 1);
        } else {
            scanner.skip();
            problem = "a deeply nested list";
        }
        if (scanner.take(']')) {
            return text;
        }
        scanner.position(start);
        scanner.skip();
        problem = "a list of several";
        return null;
    }

    /** As written, but for whole numbers that are written with a fraction or exponent. */
    static String number(String text) {
        boolean isPlain = true;
        for (int i = 0; isPlain && i < text.length(); i++) {
            char c = text.charAt(i);
            isPlain = c != '.' && c != 'e' && c != 'E';
        }
        if (isPlain) {
            return text.equals("-0") ? "0" : text;
        }
        double value = Double.parseDouble(text);
        boolean isWhole = value == Math.rint(value) && Math.abs(value) < LARGEST_EXACT;
        return isWhole ? Long.toString((long) value) : text;
    }

    /** What one answer holds. */
    public static final class Found {

        private final String[] names;
        private final byte[] answer;
        private final @Nullable String[] texts;
        private final @Nullable String[] problems;
        private final boolean[] isAtTop;
        private @Nullable String refusal;

        private Found(String[] names, byte[] answer) {
            this.names = names;
            this.answer = answer;
            this.texts = new String[names.length];
            this.problems = new String[names.length];
            this.isAtTop = new boolean[names.length];
        }

        private void set(
                int field, @Nullable String text, @Nullable String problem, boolean isResult) {
            if (isResult && isAtTop[field]) {
                return;
            }
            isAtTop[field] |= !isResult;
            texts[field] = text;
            problems[field] = text == null ? problem : null;
        }

        private void refuse(String why) {
            refusal = why;
        }

        /**
         * A field as text, never empty.
         *
         * @param field its place among the names
         * @throws MillraceException {@code INVALID} with what was expected and what is there
         */
        public String text(int field) {
            String text = texts[field];
            if (text != null && !text.isEmpty() && refusal == null) {
                return text;
            }
            throw MillraceException.invalid(
                    "expected a JSON answer with text or a number as '%s', but %s"
                            .formatted(names[field], reason(field, text)));
        }

        private String reason(int field, @Nullable String text) {
            if (refusal != null) {
                return refusal;
            }
            if (text != null) {
                return "that is empty";
            }
            if (problems[field] != null) {
                return "that is " + problems[field];
            }
            List<String> others = fields();
            return others.isEmpty()
                    ? "it has no fields"
                    : "it has only " + String.join(", ", others);
        }

        /** The names at the top of an answer that is known to be JSON; none of a list. */
        private List<String> fields() {
            var fields = new ArrayList<String>(MOST_SHOWN);
            var scanner = new JsonScanner();
            scanner.start(answer);
            if (!scanner.take('{') || scanner.peek() == '}') {
                return fields;
            }
            do {
                scanner.readText();
                fields.add(
                        FieldNames.shown(
                                scanner.data(), scanner.textStart(), scanner.textLength()));
                scanner.expect(':');
                scanner.skip();
            } while (fields.size() < MOST_SHOWN && scanner.take(','));
            return fields;
        }
    }
}
