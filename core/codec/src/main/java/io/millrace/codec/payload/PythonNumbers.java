package io.millrace.codec.payload;

/**
 * Numbers as Python's {@code json.dumps} writes them, digit for digit: the fewest digits that give
 * the number back, plain from {@code 0.0001} to below {@code 1e16}, with {@code e-05} outside.
 * Clients that compare text compare with that.
 */
final class PythonNumbers {

    private static final double LEAST_ALIKE = 1e-3;
    private static final double MOST_ALIKE = 1e7;
    private static final int LEAST_PLAIN_EXPONENT = -4;
    private static final int MOST_PLAIN_EXPONENT = 16;

    private PythonNumbers() {}

    /** Appends a finite number. */
    static void append(StringBuilder out, double value) {
        double magnitude = Math.abs(value);
        if ((magnitude >= LEAST_ALIKE && magnitude < MOST_ALIKE) || magnitude == 0) {
            out.append(value); // Java writes these the same
            return;
        }
        if (value < 0) {
            out.append('-');
        }
        appendScientific(out, magnitude);
    }

    private static void appendScientific(StringBuilder out, double value) {
        String text = Double.toString(value); // one digit, a point, digits, E, exponent
        int mark = text.indexOf('E');
        int exponent = Integer.parseInt(text, mark + 1, text.length(), 10);
        String digits = text.charAt(0) + (text.startsWith(".0E", 1) ? "" : text.substring(2, mark));
        if (digits.length() == 2) {
            int shorter = oneDigit(value, digits, exponent);
            if (shorter > 0) {
                exponent += shorter == 10 ? 1 : 0;
                digits = shorter == 10 ? "1" : Integer.toString(shorter);
            }
        }
        if (exponent < LEAST_PLAIN_EXPONENT || exponent >= MOST_PLAIN_EXPONENT) {
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            out.append('e').append(exponent < 0 ? '-' : '+');
            int size = Math.abs(exponent);
            out.append(size < 10 ? "0" : "").append(size);
        } else if (exponent < 0) {
            out.append("0.").repeat('0', -exponent - 1).append(digits);
        } else {
            int whole = exponent + 1;
            int left = digits.length() - whole;
            out.append(digits, 0, Math.min(digits.length(), whole)).repeat('0', Math.max(0, -left));
            out.append('.').append(left > 0 ? digits.substring(whole) : "0");
        }
    }

    /**
     * Java gives two digits where one would do, as in {@code 4.9E-324}. The one digit that gives
     * the number back, 10 for the next power of ten, or 0 when there is none.
     */
    private static int oneDigit(double value, String digits, int exponent) {
        int low = digits.charAt(0) - '0';
        int nearer = digits.charAt(1) >= '5' ? low + 1 : low;
        int other = nearer == low ? low + 1 : low;
        if (Double.parseDouble(nearer + "E" + exponent) == value) {
            return nearer;
        }
        return Double.parseDouble(other + "E" + exponent) == value ? other : 0;
    }
}
