package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.time.Duration;
import java.util.Optional;

/** What a process has used of the processors, all its threads together, in steps of 10 ms. */
final class ProcessorTime {

    private ProcessorTime() {}

    static Duration of(Process process) {
        return duration(process.info().totalCpuDuration(), process.pid());
    }

    /** With all processes that it has started and that still run. */
    static Duration ofTree(Process process) {
        return process.descendants()
                .flatMap(child -> child.info().totalCpuDuration().stream())
                .reduce(of(process), Duration::plus);
    }

    static Duration ofThisProcess() {
        ProcessHandle self = ProcessHandle.current();
        return duration(self.info().totalCpuDuration(), self.pid());
    }

    private static Duration duration(Optional<Duration> used, long pid) {
        return used.orElseThrow(
                () -> MillraceException.internal("no processor time of process " + pid, null));
    }
}
