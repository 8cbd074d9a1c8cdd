package io.millrace.codec;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody probably meant. */
final class Spelling {

    private static final int LONGEST = 64;
    private static final int SHORT_LIST = 12;

    private Spelling() {}

    /** The nearest of the known words, if one is near enough to be meant. */
    static Optional<String> nearest(String word, Collection<String> known) {
        if (word.length() > LONGEST) {
            return Optional.empty();
        }
        String wanted = word.toLowerCase(Locale.ROOT);
        int limit = wanted.length() <= 3 ? 1 : wanted.length() <= 8 ? 2 : 3;
        String best = "";
        int bestDistance = limit + 1;
        for (String candidate : known) {
            int distance = distance(wanted, candidate.toLowerCase(Locale.ROOT));
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best.isEmpty() ? Optional.empty() : Optional.of(best);
    }

    /** The end of a message: the word that was meant, else all allowed ones when they are few. */
    static String hint(String word, Collection<String> known) {
        return nearest(word, known)
                .map(near -> "; did you mean '" + near + "'?")
                .orElseGet(() -> allowed(known));
    }

    private static String allowed(Collection<String> known) {
        if (known.isEmpty() || known.size() > SHORT_LIST) {
            return "";
        }
        return "; allowed: " + String.join(", ", known);
    }

    /**
     * Insertions, deletions, replacements and swaps of neighbours (Damerau-Levenshtein, each
     * substring changed at most once).
     */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int least =
                        Math.min(
                                Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + cost);
                boolean swapped =
                        i > 1
                                && j > 1
                                && a.charAt(i - 1) == b.charAt(j - 2)
                                && a.charAt(i - 2) == b.charAt(j - 1);
                d[i][j] = swapped ? Math.min(least, d[i - 2][j - 2] + 1) : least;
            }
        }
        return d[a.length()][b.length()];
    }
}
