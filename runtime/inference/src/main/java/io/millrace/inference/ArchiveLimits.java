package io.millrace.inference;

import io.millrace.api.DataSize;

/**
 * How much an archive may hold.
 *
 * @param maxEntries files and folders
 * @param maxUnpacked bytes of all files together
 * @param maxRatio how many times its packed size a file may grow to; small files may grow more
 */
public record ArchiveLimits(int maxEntries, DataSize maxUnpacked, int maxRatio) {

    /** Files below this may have any ratio: a megabyte of zeros is no bomb. */
    static final long RATIO_FREE_BYTES = 64L << 20;

    /** For models as people train them. */
    public static ArchiveLimits standard() {
        return new ArchiveLimits(10_000, DataSize.ofMebibytes(4096), 200);
    }
}
