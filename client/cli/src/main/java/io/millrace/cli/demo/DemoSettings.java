package io.millrace.cli.demo;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the demo shall run.
 *
 * @param home of the repository or distribution, with the examples
 * @param serverCommand a file with the command that starts a server, an argument a line
 * @param cache for the run's folder; the server's own caches are beside it
 * @param pictures how many before the summary
 * @param goOn whether it stays up after them
 * @param interval from one picture to the next
 * @param modelStep do without the Python function
 * @param portBase to add to the default ports; negative to find one
 */
record DemoSettings(
        Path home,
        Path serverCommand,
        Path cache,
        int pictures,
        boolean goOn,
        Duration interval,
        boolean modelStep,
        int portBase) {

    /** The place of the examples, which the launcher knows. */
    static Path homeOfLauncher() {
        Path home = fromLauncher("millrace.home");
        if (!Files.isDirectory(home.resolve("examples/fashion"))) {
            throw MillraceException.invalid("there are no examples in " + home);
        }
        return home;
    }

    /** The file with the command that starts a server, which the launcher writes. */
    static Path serverCommandOfLauncher() {
        return fromLauncher("millrace.server.command");
    }

    /** Where things are kept that can be made again. */
    static Path cacheFolder(Map<String, String> environment) {
        String given = System.getProperty("millrace.cache");
        if (given != null) {
            return Path.of(given);
        }
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path root =
                xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return root.resolve("millrace");
    }

    private static Path fromLauncher(String property) {
        @Nullable String value = System.getProperty(property);
        if (value == null) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the demo needs the launcher, which knows where the server is: run ./millrace"
                            + " demo in the repository");
        }
        return Path.of(value).toAbsolutePath();
    }
}
