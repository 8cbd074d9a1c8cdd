package io.millrace.drift;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TimeSource;
import io.millrace.spi.LogRecord;
import io.millrace.testkit.RecordingMeters;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WatchedModelTest {

    @Test
    void aCallThatWasUnderWayWhenTheModelWasForgottenLeavesNothing(@TempDir Path folder) {
        var model =
                new WatchedModel(
                        Given.MODEL,
                        Given.model(Given.monitor()),
                        Given.monitor(),
                        folder,
                        new RecordingMeters(),
                        TimeSource.system(),
                        () -> {});
        model.forget();
        model.look(
                new ObservedCall(
                        model,
                        1,
                        Given.SIGNATURE,
                        Given.rows(2, 1, 2),
                        Given.rows(1, 3),
                        new @Nullable LogRecord[0],
                        0));
        model.save();
        assertThat(model.report().versions()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }
}
