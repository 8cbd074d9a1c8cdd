package io.millrace.api;

import java.util.Locale;

/** The one spelling of a model framework's name that engines, resources and people share. */
public final class FrameworkName {

    private FrameworkName() {}

    /**
     * Turns the spellings in use into the engine's name: {@code TensorFlow 2.1.0} and {@code
     * Tensorflow} become {@code tensorflow}. Letter case, a version and the words around it do not
     * matter; a name that no engine has stays recognisable.
     */
    public static String canonical(String text) {
        String plain = text.strip().toLowerCase(Locale.ROOT);
        int end = 0;
        while (end < plain.length() && !isSeparator(plain, end)) {
            end++;
        }
        return plain.substring(0, end);
    }

    /** A blank or dash ends the name when a version follows, as in {@code tensorflow-2.1}. */
    private static boolean isSeparator(String text, int index) {
        char c = text.charAt(index);
        if (Character.isWhitespace(c)) {
            return true;
        }
        return (c == '-' || c == '_' || c == ':')
                && index + 1 < text.length()
                && Character.isDigit(text.charAt(index + 1));
    }
}
