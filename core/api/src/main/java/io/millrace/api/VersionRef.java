package io.millrace.api;

/** Which version of a model is meant. */
public sealed interface VersionRef {

    /** The one the model's rules choose: alias {@code production}, else the highest ready one. */
    record Serving() implements VersionRef {
        @Override
        public String toString() {
            return "serving";
        }
    }

    /** Exactly this one. */
    record Numbered(int version) implements VersionRef {
        @Override
        public String toString() {
            return Integer.toString(version);
        }
    }

    /** The one that an alias of the model names. */
    record Alias(String name) implements VersionRef {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Reads a number, an alias, or nothing. */
    static VersionRef parse(String text) {
        if (text.isEmpty()) {
            return new Serving();
        }
        if (text.length() <= 9 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return new Numbered(Integer.parseInt(text));
        }
        return new Alias(text);
    }
}
