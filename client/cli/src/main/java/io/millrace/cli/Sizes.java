package io.millrace.cli;

import java.util.Locale;

/** Amounts of bytes for people. */
final class Sizes {

    private Sizes() {}

    static String of(long bytes) {
        if (bytes < 1_000) {
            return bytes + " B";
        }
        String[] units = {"kB", "MB", "GB", "TB"};
        double amount = bytes;
        int unit = -1;
        do {
            amount /= 1000;
            unit++;
        } while (amount >= 999.5 && unit + 1 < units.length);
        return String.format(Locale.ROOT, amount < 10 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
    }
}
