package io.millrace.training.run;

import static org.junit.jupiter.api.Assumptions.abort;

import io.millrace.api.MillraceException;
import io.millrace.process.EnvironmentBuilder;
import io.millrace.process.EnvironmentCatalog;
import io.millrace.process.EnvironmentSettings;
import io.millrace.process.VirtualEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The environment for PyTorch, as the server builds it. It has 1 GB, or 7 GB where only the build
 * with CUDA is to be had, and is kept for the next time.
 */
final class PytorchEnvironment {

    private static final Logger log = LoggerFactory.getLogger(PytorchEnvironment.class);
    static final Path CACHE =
            Path.of(System.getProperty("user.home"), ".cache", "millrace", "environments");

    private PytorchEnvironment() {}

    /** Where it cannot be had the test is skipped, and says so loudly. */
    static VirtualEnvironment orSkip() throws IOException, InterruptedException {
        try {
            return new EnvironmentBuilder(EnvironmentSettings.of(CACHE))
                    .build(EnvironmentCatalog.recipe("pytorch-python", List.of()));
        } catch (MillraceException e) {
            String notice = "PYTORCH IS NOT TESTED: its environment cannot be had: " + e.text();
            log.error(notice);
            return abort(notice);
        }
    }
}
