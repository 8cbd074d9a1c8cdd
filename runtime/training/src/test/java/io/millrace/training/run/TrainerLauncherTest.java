package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import io.millrace.process.EnvironmentSettings;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TrainerLauncherTest {

    @TempDir Path data;

    @Test
    void whatNobodyWaitsForAnyMoreIsEnded() throws Exception {
        var settings = TrainerSettings.of(data, EnvironmentSettings.of(data.resolve("python")));
        try (var launcher = new TrainerLauncher(settings, TimeSource.system())) {
            var builder = new ProcessBuilder("sleep", "8765");
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> launcher.spawn(builder))
                    .isInstanceOf(InterruptedException.class);
            // They are started one after another: behind this one the first has been started.
            assertThat(launcher.spawn(new ProcessBuilder("true")).waitFor()).isZero();
            await().untilAsserted(() ->
                    assertThat(ProcessHandle.current().descendants())
                            .noneMatch(each ->
                                    each.info().commandLine().orElse("").contains("sleep 8765")));
        }
    }
}
