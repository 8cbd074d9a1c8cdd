package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.process.EnvironmentSettings;
import io.millrace.spi.DefinitionState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
