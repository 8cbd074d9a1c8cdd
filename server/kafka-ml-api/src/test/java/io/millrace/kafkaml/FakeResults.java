package io.millrace.kafkaml;

import io.millrace.api.DecodeSpec;
import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.tensor.DataType;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingState;
import io.millrace.spi.TrainingState.Phase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** What runs reported, as a test says it. */
final class FakeResults implements TrainingResults {

    private static final DecodeSpec RAW =
            new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(DataType.UINT8), 1);

    private final Map<ResourceKey, RunReport> reports = new ConcurrentHashMap<>();
    private final Path model;

    FakeResults(Path model) {
        this.model = model;
    }

    void become(ResourceKey run, Phase phase, String message) {
        become(run, phase, message, List.of(Format.values()));
    }

    void become(ResourceKey run, Phase phase, String message, List<Format> formats) {
        become(run, phase, message, formats, 1);
    }

    void become(
            ResourceKey run, Phase phase, String message, List<Format> formats, int firstEpoch) {
        reports.put(
                run,
                new RunReport(
                        new TrainingState(
                                phase, "", message, 2, 2, Map.of(), Duration.ofMillis(12_340)),
                        List.of(
                                epoch(
                                        firstEpoch,
                                        Map.of("loss", 0.4, "val_loss", 0.5, "accuracy", 0.8)),
                                epoch(
                                        firstEpoch + 1,
                                        Map.of("loss", 0.3, "val_loss", 0.45, "accuracy", 0.9))),
                        Map.of("test_loss", 0.35),
                        List.of(List.of(8L, 2L), List.of(0L, 10L)),
                        List.of("0", "1"),
                        new RunReport.Samples(80, 10, 10, 0),
                        RAW,
                        new LabelSpec(LabelSpec.Place.KEY, "", RAW),
                        Map.of(),
                        formats,
                        List.of(),
                        Optional.of(Instant.parse("2026-01-01T10:00:00Z")),
                        Optional.of(Instant.parse("2026-01-01T10:01:00Z"))));
    }

    private static RunEvent epoch(int number, Map<String, Double> metrics) {
        return new RunEvent(RunEvent.Kind.EPOCH, number, 0, 0, metrics, 10, "");
    }

    @Override
    public Optional<RunReport> report(ResourceKey run) {
        return Optional.ofNullable(reports.get(run));
    }

    @Override
    public AutoCloseable follow(ResourceKey run, Consumer<RunEvent> listener) {
        throw MillraceException.notFound("nobody follows here");
    }

    @Override
    public Path model(ResourceKey run, Format format) {
        return model;
    }

    @Override
    public String output(ResourceKey run) {
        return "";
    }
}
