package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.TimeSource;
import io.millrace.process.EnvironmentSettings;
import io.millrace.process.Folders;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingState.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server makes of the folders that an earlier one left. */
@Timeout(60)
class EarlierRunsTest {

    @TempDir Path data;

    private final TrainingPlan plan = Plans.of("earlier", Plans.TUTORIAL).plan();
    private RunFolder folder = new RunFolder(Path.of("unused"));
    private TrainerProcesses host;

    @BeforeEach
    void start() {
        folder = new RunFolder(data.resolve("runs").resolve(Folders.nameOf(plan.uid())));
        host =
                new TrainerProcesses(
                        TrainerSettings.of(data, EnvironmentSettings.of(data.resolve("python"))),
                        new NpySamples(data, 1),
                        TimeSource.system());
    }

    @AfterEach
    void stop() {
        host.close();
    }

    private void create() throws IOException {
        Run.create(folder, plan, TimeSource.system()).close();
    }

    @Test
    void whoseDefinitionCannotBeReadIsKeptAndHasFailed() throws Exception {
        create();
        Files.writeString(folder.home().resolve("definition.json"), "{ cut");
        assertThat(host.observe(plan.run())).isEmpty();
        host.train(plan, () -> {});
        var state = host.observe(plan.run()).orElseThrow();
        assertThat(state.phase()).isEqualTo(Phase.FAILED);
        assertThat(state.reason()).isEqualTo("Unreadable");
        assertThat(folder.journal()).isNotEmptyFile();
        assertThat(folder.home().resolve("definition.json")).hasContent("{ cut");
        host.remove(plan.run());
        assertThat(folder.home()).doesNotExist();
    }

    @Test
    void whoseJournalCannotBeUnderstoodIsKeptAndHasFailed() throws Exception {
        create();
        Files.writeString(
                folder.journal(),
                "{\"at\":1,\"event\":{\"event\":\"run.state\",\"phase\":\"NEWER\"}}\n",
                StandardOpenOption.APPEND);
        String journal = Files.readString(folder.journal());
        assertThat(host.observe(plan.run()).orElseThrow().reason()).isEqualTo("Unreadable");
        assertThat(folder.journal()).hasContent(journal);
    }

    @Test
    void bytesThatAreNoTextDoNotCostARun() throws Exception {
        create();
        Files.write(folder.journal(), new byte[] {'{', (byte) 0xff}, StandardOpenOption.APPEND);
        Files.writeString(folder.home().resolve("trainer.pid"), "12 cut");
        assertThat(host.observe(plan.run()).orElseThrow().phase()).isEqualTo(Phase.QUEUED);
    }

    @Test
    void noNewRunReplacesOneThatIsThere() throws Exception {
        create();
        assertThatThrownBy(this::create)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("there is a run in");
        assertThat(folder.journal()).isNotEmptyFile();
    }
}
