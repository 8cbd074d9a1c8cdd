package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.codec.json.JsonMap;
import io.millrace.spi.TrainingState.Phase;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunAttemptTest {

    @TempDir Path data;

    private Run run;
    private RunAttempt attempt;

    @BeforeEach
    void begin() throws Exception {
        RunFolder folder = new RunFolder(data.resolve("run"));
        run = Run.create(folder, Plans.of("attempt", "").plan(), TimeSource.system());
        attempt = new RunAttempt(run, null);
    }

    @AfterEach
    void end() {
        run.close();
    }

    private void says(String json) {
        String line = json.replace('\'', '"');
        attempt.reported(JsonMap.parse(line), line);
    }

    @Test
    void aRunWithoutAnyModelHasFailed() {
        says("{'event':'notice','text':'the model cannot be written as keras: full'}");
        says("{'event':'done','stopped':false}");
        assertThat(attempt.conclude()).isTrue();
        assertThat(run.record().state().phase()).isEqualTo(Phase.FAILED);
        assertThat(run.record().state().reason()).isEqualTo("NotWritten");
        assertThat(run.record().state().message()).contains("cannot be written as keras: full");
    }

    @Test
    void aVersionOfWhichNoFileIsThereIsNone() throws Exception {
        Path trainer = Files.createDirectories(run.folder().trainer());
        Path model = Files.writeString(trainer.resolve("model.keras"), "model");
        says("{'event':'exported','format':'keras','file':'%s'}".formatted(model));
        says("{'event':'improved','text':'loss 1'}");
        assertThat(run.record().modelVersion()).isEqualTo(1);
        says("{'event':'exported','format':'keras','file':'%s'}".formatted(model));
        says("{'event':'improved','text':'loss 0.5'}");
        assertThat(run.record().modelVersion()).isEqualTo(1);
        says("{'event':'done','stopped':false}");
        assertThat(attempt.conclude()).isTrue();
        assertThat(run.record().state().phase()).isEqualTo(Phase.FINISHED);
        assertThat(run.folder().model(1).resolve("model.keras")).hasContent("model");
    }

    @Test
    void theEndOfARunStays() {
        run.enter(Phase.FINISHED, "Finished", "the model is there");
        run.enter(Phase.FAILED, "Internal", "cleaning up did not work");
        assertThat(run.record().state().phase()).isEqualTo(Phase.FINISHED);
    }

    @Test
    void whatIsKeptOfATrainerHasBounds() throws Exception {
        run.close();
        try (var file = new RandomAccessFile(run.folder().journal().toFile(), "rw")) {
            file.setLength((1L << 30) + 1);
        }
        run.enter(Phase.PREPARING, "Samples", "m");
        assertThatThrownBy(() -> says("{'event':'epoch','epoch':1}"))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("more than 1024 MiB");

        Process talker = new ProcessBuilder("sh", "-c", "echo '{}'; exec sleep 600").start();
        var process =
                new TrainerProcess(
                        talker,
                        new OutputLog(data.resolve("output.log")),
                        (_, _) -> {
                            throw new MillraceException(ErrorCode.TOO_LARGE, "too much");
                        },
                        DataSize.ofMebibytes(100),
                        Duration.ofMinutes(1),
                        new TrainerProcess.End("Timeout", "t"),
                        TimeSource.system());
        process.start();
        assertThat(process.await())
                .isEqualTo(
                        new TrainerProcess.End(
                                "ReportedTooMuch",
                                "the trainer reports what cannot be taken: too much"));
    }
}
