package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.process.EnvironmentSettings;
import io.millrace.spi.DefinitionState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class DefinitionChecksTest {

    @TempDir Path folder;

    @Test
    void whoAsksLastIsTold() throws Exception {
        // No environment can be made below a file: the check ends at once, and that is told.
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        var settings = TrainerSettings.of(folder.resolve("training"), EnvironmentSettings.of(file));
        var begun = new CountDownLatch(1);
        var isAskedAgain = new CountDownLatch(1);
        var told = new CountDownLatch(1);
        try (var launcher = new TrainerLauncher(settings, TimeSource.system());
                var checks = new DefinitionChecks(launcher, settings)) {
            checks.check(
                    Plans.DEFINITION,
                    Plans.definition("model = 1"),
                    () -> {
                        begun.countDown();
                        await(isAskedAgain);
                    });
            await(begun);
            checks.check(Plans.DEFINITION, Plans.definition("model = 1"), told::countDown);
            isAskedAgain.countDown();
            await(told);
        }
    }

    @Test
    void noneWaitsForTheEnvironmentOfAnother() throws Exception {
        // An interpreter that does not answer holds up who needs it, and only them.
        Path gate = folder.resolve("gate");
        Path asked = folder.resolve("asked");
        Path python = folder.resolve("python3");
        Files.writeString(
                python,
                """
                #!/bin/sh
                if mkdir '%s' 2>/dev/null; then
                    while [ ! -e '%s' ]; do sleep 0.05; done
                fi
                exit 1
                """
                        .formatted(asked, gate));
        assertThat(python.toFile().setExecutable(true)).isTrue();
        var environments =
                EnvironmentSettings.of(folder.resolve("environments"))
                        .withPythons(List.of(python.toString()));
        var settings = TrainerSettings.of(folder.resolve("training"), environments);
        var told = new CountDownLatch(1);
        try (var launcher = new TrainerLauncher(settings, TimeSource.system());
                var checks = new DefinitionChecks(launcher, settings)) {
            var waits = ResourceKey.of(Kind.MODEL_DEFINITION, ProjectId.DEFAULT, "waits");
            checks.check(waits, Plans.definition("model = 1"), () -> {});
            Awaitility.await().until(() -> Files.exists(asked));
            // Of another environment: what is said first is that it is being made ready.
            checks.check(Plans.DEFINITION, Plans.definition("model = 2"), told::countDown);
            await(told);
            assertThat(checks.state(waits).orElseThrow().toString()).contains("made ready");
            Files.writeString(gate, "open");
        }
    }

    @Test
    void aFaultOfTheServerSaysNothingOfADefinition() {
        assertThatThrownBy(() ->
                        DefinitionChecks.failed(new TrainerProcess.End("Internal", "no disk")))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
                            assertThat(e.text()).isEqualTo("no disk");
                        });
        assertThat(DefinitionChecks.failed(new TrainerProcess.End("NoConfinement", "none")))
                .isEqualTo(new DefinitionState.Unknown("none"));
        assertThat(DefinitionChecks.failed(new TrainerProcess.End("UserCode", "line 1")))
                .isEqualTo(new DefinitionState.Invalid("line 1"));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
