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

/**
 * The environment for PyTorch, as the server builds it. It has 1 GB, or 7 GB where only the build
 * with CUDA is to be had, and is kept for the next time.
 */
final class PytorchEnvironment {

    /** The JDK's own, which is heard in tests, too. */
    private static final System.Logger LOG = System.getLogger(PytorchEnvironment.class.getName());

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
            LOG.log(System.Logger.Level.ERROR, notice);
            return abort(notice);
        }
    }
}
