package io.millrace.bench;

import java.nio.file.Path;
import java.util.List;

/** Model serving: its parts, each with servers of its own. */
final class ServingBench {

    static final List<String> PARTS = List.of("overhead", "peers", "grpc", "swap", "memory");

    private final Path folder;
    private final Report report;
    private final Effort effort;

    ServingBench(Path folder, Report report, Effort effort) {
        this.folder = folder;
        this.report = report;
        this.effort = effort;
    }

    /**
     * Measures.
     *
     * @param parts what is measured, some of {@link #PARTS}
     * @param withPeers whether other servers may be installed for {@code peers}
     */
    void run(List<String> parts, boolean withPeers) throws Exception {
        for (String part : parts) {
            switch (part) {
                case "overhead" -> new OverheadBench(folder, report, effort).run();
                case "peers" -> new PeersBench(folder, report, effort).run(withPeers);
                case "grpc" -> new GrpcBench(folder, report, effort).run();
                case "swap" -> new SwapBench(folder, report, effort).run();
                default -> new MemoryBench(folder, report, effort).run();
            }
        }
    }
}
