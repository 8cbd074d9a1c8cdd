package io.millrace.objects;

/**
 * A text that a regular expression may look at only so often. Patterns come from users and keys
 * from anybody: together they can keep a matcher busy for years.
 */
final class GuardedText implements CharSequence {

    private static final int MOST_LOOKS = 200_000;

    private final CharSequence text;
    private final int[] left;

    /** The matcher has looked too often. */
    static final class TooSlow extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooSlow() {
            super("the regular expression takes too long", null, false, false);
        }
    }

    GuardedText(CharSequence text) {
        this(text, new int[] {MOST_LOOKS});
    }

    private GuardedText(CharSequence text, int[] left) {
        this.text = text;
        this.left = left;
    }

    @Override
    public char charAt(int index) {
        if (--left[0] < 0) {
            throw new TooSlow();
        }
        return text.charAt(index);
    }

    @Override
    public int length() {
        return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return new GuardedText(text.subSequence(start, end), left);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
