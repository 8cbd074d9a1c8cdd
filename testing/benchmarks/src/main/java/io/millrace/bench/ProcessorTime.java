package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.time.Duration;

/** What a process has used of the processors, all its threads together, in steps of 10 ms. */
final class ProcessorTime {

    private ProcessorTime() {}

    static Duration of(Process process) {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(() ->
                        MillraceException.internal(
                                "no processor time of process " + process.pid(), null));
    }
}
