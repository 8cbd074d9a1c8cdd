package io.millrace.process;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Finds an interpreter that can make virtual environments. */
final class PythonSearch {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String MARK = "millrace-python ";
    private static final String PROBE =
            "import sys\n"
                    + "missing = []\n"
                    + "for name in ('venv', 'ensurepip'):\n"
                    + "    try: __import__(name)\n"
                    + "    except ImportError: missing.append(name)\n"
                    + "print('millrace-python %d %d %d|%s|%s|%s' % (sys.version_info[:3] +"
                    + " (sys.executable, sys.base_prefix, ' '.join(missing))))\n";

    private PythonSearch() {}

    /**
     * An interpreter.
     *
     * @param version major times 100 plus minor
     * @param fullVersion as in 3.11.7
     * @param executable its absolute path
     * @param prefix where it is installed
     */
    record Python(int version, String fullVersion, String executable, String prefix) {}

    /** The first candidate that suits; the message says what is wrong with each, else. */
    static Python find(List<String> candidates, EnvironmentCatalog.Recipe recipe, Path folder)
            throws IOException, InterruptedException {
        List<String> problems = new ArrayList<>();
        for (String candidate : candidates) {
            Path log = Files.createTempFile(folder, "probe", ".log");
            try {
                var outcome = ExternalCommand.run(List.of(candidate, "-c", PROBE), log, LIMIT);
                String line = answer(outcome.output());
                if (!outcome.isSuccess() || line.isEmpty()) {
                    problems.add(candidate + " does not run");
                    continue;
                }
                String[] parts = line.split("\\|", -1);
                String[] numbers = parts[0].split(" ");
                int version = Integer.parseInt(numbers[0]) * 100 + Integer.parseInt(numbers[1]);
                if (!recipe.suits(version)) {
                    problems.add(candidate + " is " + String.join(".", numbers));
                } else if (!parts[3].isEmpty()) {
                    problems.add(
                            candidate
                                    + " lacks "
                                    + parts[3]
                                    + " (on Debian and Ubuntu: apt install python"
                                    + numbers[0]
                                    + "."
                                    + numbers[1]
                                    + "-venv)");
                } else {
                    return new Python(version, String.join(".", numbers), parts[1], parts[2]);
                }
            } catch (IOException e) {
                // Not installed. Said below when nothing else suits either.
                problems.add(candidate + " is not installed");
            } finally {
                Files.deleteIfExists(log);
            }
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE,
                "environment '"
                        + recipe.name()
                        + "' needs Python "
                        + recipe.pythons()
                        + " with venv and pip, and none was found: "
                        + String.join("; ", problems)
                        + ". On Debian and Ubuntu: apt install python3 python3-venv");
    }

    private static String answer(String output) {
        return output.lines()
                .filter(line -> line.startsWith(MARK))
                .map(line -> line.substring(MARK.length()))
                .findFirst()
                .orElse("");
    }
}
