package io.millrace.drift;

/** How far two distributions are apart, and how far chance alone takes them. Pure. */
final class Distances {

    /** Chance stays below its limits in all but one of ten thousand windows of a feature. */
    private static final double LUCK = 1e-4;

    /** The quantile of the normal distribution that goes with {@link #LUCK}. */
    private static final double NORMAL_QUANTILE = 3.719016;

    private Distances() {}

    /**
     * Population stability index: the sum over all bins of (w - r) ln(w / r).
     *
     * @param reference the share of each bin, none of them 0
     * @param window the same for what is compared
     */
    static double psi(double[] reference, double[] window) {
        double sum = 0;
        for (int i = 0; i < reference.length; i++) {
            sum += (window[i] - reference[i]) * Math.log(window[i] / reference[i]);
        }
        return sum;
    }

    /** Half of the summed differences of shares: 0 for equal ones, 1 for those without overlap. */
    static double totalVariation(double[] reference, double[] window) {
        double sum = 0;
        for (int i = 0; i < reference.length; i++) {
            sum += Math.abs(window[i] - reference[i]);
        }
        return sum / 2;
    }

    /** Counts as shares; half a record more in each bin, so that none is empty. */
    static double[] shares(double[] counts) {
        double sum = 0;
        for (double count : counts) {
            sum += count + 0.5;
        }
        var shares = new double[counts.length];
        for (int i = 0; i < counts.length; i++) {
            shares[i] = (counts[i] + 0.5) / sum;
        }
        return shares;
    }

    /**
     * What chance alone makes of the index: it goes, times n m / (n + m), like chi-squared with one
     * degree of freedom less than there are bins.
     *
     * @param bins how many
     * @param reference records in the reference
     * @param window records in the window
     */
    static double psiByChance(int bins, long reference, long window) {
        return chiSquared(Math.max(1, bins - 1)) * (1.0 / reference + 1.0 / window);
    }

    /** The quantile of chi-squared (Wilson and Hilferty's approximation). */
    static double chiSquared(int degrees) {
        double spread = 2.0 / (9 * degrees);
        return degrees * Math.pow(1 - spread + NORMAL_QUANTILE * Math.sqrt(spread), 3);
    }

    /** What chance alone makes of the distance of Kolmogorov and Smirnov. */
    static double ksByChance(long reference, long window) {
        return Math.sqrt(-0.5 * Math.log(LUCK / 2)) * Math.sqrt(1.0 / reference + 1.0 / window);
    }
}
