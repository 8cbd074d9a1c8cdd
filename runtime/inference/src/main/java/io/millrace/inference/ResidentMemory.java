package io.millrace.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory a process really holds, as the system counts it: Java's and all other. */
final class ResidentMemory {

    private static final String NOW = "VmRSS:";
    private static final String SWAPPED = "VmSwap:";
    private static final String PEAK = "VmHWM:";

    private ResidentMemory() {}

    /** Bytes, those swapped out included; 0 when the process is gone or the system does not say. */
    static long ofProcess(long pid) {
        return sum(Long.toString(pid), NOW, SWAPPED);
    }

    /** The most bytes that this process held at once; 0 when the system does not say. */
    static long peakOfThisProcess() {
        return sum("self", PEAK, PEAK);
    }

    private static long sum(String process, String label, String otherLabel) {
        long bytes = 0;
        try {
            for (String line : Files.readAllLines(Path.of("/proc", process, "status"))) {
                if (line.startsWith(label) || line.startsWith(otherLabel)) {
                    String size = line.substring(line.indexOf(':') + 1);
                    bytes += Long.parseLong(size.replace("kB", "").strip()) << 10;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // Between waitFor and here the process may end: then it holds nothing.
            return 0;
        }
        return bytes;
    }
}
