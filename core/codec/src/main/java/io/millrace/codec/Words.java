package io.millrace.codec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The words that stand for the constants of an enum in resources. */
final class Words {

    private Words() {}

    /** Each constant under its name in lower case with dashes. */
    static <E extends Enum<E>> Map<String, E> of(E[] constants) {
        var words = new LinkedHashMap<String, E>();
        for (E constant : constants) {
            words.put(word(constant), constant);
        }
        return Collections.unmodifiableMap(words);
    }

    /** The word of a constant. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
