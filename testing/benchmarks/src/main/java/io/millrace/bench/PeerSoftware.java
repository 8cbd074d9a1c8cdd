package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The other servers' software, kept in Millrace's cache: fetched from PyPI and Maven Central the
 * first time, and again when the pinned versions change.
 */
final class PeerSoftware {

    private final Path sources =
            Path.of(System.getProperty("millrace.home"), "testing/benchmarks/peers");
    private final Path cache = Path.of(System.getProperty("millrace.cache"), "peers");

    /** What is checked in for a peer. */
    Path sources(String name) {
        return sources.resolve(name);
    }

    /**
     * The virtual environment of a Python server.
     *
     * @throws MillraceException it cannot be made; says why
     */
    Path environment(String name) throws IOException, InterruptedException {
        Path venv = cache.resolve(name);
        Path wanted = sources(name).resolve("requirements.txt");
        Path stamp = venv.resolve("requirements.installed");
        if (isSame(wanted, stamp)) {
            return venv;
        }
        System.err.println("bench: installing " + name + " from PyPI into " + venv);
        Files.createDirectories(cache);
        run(List.of("python3", "-m", "venv", venv.toString()));
        run(
                List.of(
                        venv.resolve("bin/pip").toString(),
                        "install",
                        "-q",
                        "--disable-pip-version-check",
                        "-r",
                        wanted.toString()));
        Files.copy(wanted, stamp, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        return venv;
    }

    /**
     * The class path of a server made of DJL's library.
     *
     * @throws MillraceException it cannot be built; says why
     */
    String djlClassPath() throws IOException, InterruptedException {
        Path target = cache.resolve("djl");
        System.err.println("bench: building the server with DJL's library in " + target);
        run(
                List.of(
                        Path.of(System.getProperty("millrace.home"), "mvnw").toString(),
                        "-q",
                        "-B",
                        "-f",
                        sources("djl").resolve("pom.xml").toString(),
                        "package",
                        "-Dpeers.target=" + target));
        return target.resolve("djl-server.jar") + ":" + target.resolve("lib") + "/*";
    }

    private static boolean isSame(Path wanted, Path stamp) throws IOException {
        return Files.exists(stamp) && Files.mismatch(wanted, stamp) < 0;
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Path log = cache.resolve("install.log");
        Files.createDirectories(cache);
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        int code = process.waitFor();
        if (code != 0) {
            String text = Files.readString(log);
            throw MillraceException.internal(
                    "'%s' ended with code %d: %s"
                            .formatted(
                                    String.join(" ", command),
                                    code,
                                    text.substring(Math.max(0, text.length() - 1_000)).strip()),
                    null);
        }
    }
}
