package io.millrace.codec;

import io.millrace.api.Suggestion;
import java.util.Collection;

/** How a message about an unknown word ends. */
final class Spelling {

    private static final int SHORT_LIST = 12;

    private Spelling() {}

    /** The end of a message: the word that was meant, else all allowed ones when they are few. */
    static String hint(String word, Collection<String> known) {
        return Suggestion.nearest(word, known)
                .map(near -> "; did you mean '" + near + "'?")
                .orElseGet(() -> allowed(known));
    }

    private static String allowed(Collection<String> known) {
        if (known.isEmpty() || known.size() > SHORT_LIST) {
            return "";
        }
        return "; allowed: " + String.join(", ", known);
    }
}
