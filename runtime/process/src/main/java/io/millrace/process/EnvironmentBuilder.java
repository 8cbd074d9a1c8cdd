package io.millrace.process;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds virtual environments. A finished one is a folder named by what is in it; while it is being
 * built the folder has another name, so a half-built one is never used. A lock file keeps two
 * servers that share the folder from building the same one.
 */
public final class EnvironmentBuilder {

    private static final Logger log = LoggerFactory.getLogger(EnvironmentBuilder.class);
    private static final int LINES_SHOWN = 12;

    /** An index that cannot be reached shall not cost more than this for each package. */
    private static final List<String> IMPATIENT = List.of("--retries", "0", "--timeout", "10");

    /** File locks belong to a process: within it, threads take turns here. */
    private static final ConcurrentHashMap<Path, ReentrantLock> TURNS = new ConcurrentHashMap<>();

    private final EnvironmentSettings settings;

    /** Builds nothing yet. */
    public EnvironmentBuilder(EnvironmentSettings settings) {
        this.settings = settings;
    }

    /**
     * A ready environment; builds it first when it is not there, which takes minutes.
     *
     * @throws MillraceException saying, in the tool's own words, why it could not be built
     */
    public VirtualEnvironment build(EnvironmentCatalog.Recipe recipe)
            throws IOException, InterruptedException {
        Path root = Files.createDirectories(settings.folder());
        PythonSearch.Python python = PythonSearch.find(settings.pythons(), recipe, root);
        String requirements = String.join("\n", recipe.requirements()) + "\n";
        String name =
                recipe.name()
                        + "-"
                        + Folders.nameOf(
                                python.fullVersion()
                                        + "\n"
                                        + python.prefix()
                                        + "\n"
                                        + requirements);
        Path home = root.resolve(name);
        VirtualEnvironment environment = new VirtualEnvironment(home);
        if (environment.isUsable()) {
            return environment;
        }
        ReentrantLock turn = TURNS.computeIfAbsent(home, _ -> new ReentrantLock());
        turn.lockInterruptibly();
        try (FileChannel channel =
                        FileChannel.open(
                                root.resolve("." + name + ".lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid() || !environment.isUsable()) {
                makeOrClear(
                        home, root.resolve("." + name + ".building"), python, requirements, recipe);
            }
            return environment;
        } finally {
            turn.unlock();
        }
    }

    /** What fails leaves its log and nothing else. */
    private void makeOrClear(
            Path home,
            Path staging,
            PythonSearch.Python python,
            String requirements,
            EnvironmentCatalog.Recipe recipe)
            throws IOException, InterruptedException {
        boolean made = false;
        try {
            make(home, staging, python, requirements, recipe.smaller());
            made = true;
        } finally {
            if (!made) {
                Path output = staging.resolve("build.log");
                if (Files.exists(output)) {
                    Files.move(
                            output,
                            home.resolveSibling(home.getFileName() + ".failed.log"),
                            StandardCopyOption.REPLACE_EXISTING);
                }
                Folders.delete(staging);
            }
        }
    }

    private void make(
            Path home,
            Path staging,
            PythonSearch.Python python,
            String requirements,
            List<EnvironmentCatalog.Smaller> smaller)
            throws IOException, InterruptedException {
        Folders.delete(staging); // what a killed server left
        Folders.delete(home); // its interpreter is gone
        Files.createDirectories(staging);
        Path list = staging.resolve("requirements.txt");
        Files.writeString(list, requirements);
        Path output = staging.resolve("build.log");
        log.info("Building {} with Python {}", home, python.fullVersion());
        step(
                "making a virtual environment",
                List.of(python.executable(), "-m", "venv", staging.toString()),
                output);
        if (!smaller.isEmpty() && !hasIndexOfItsOwn(staging, output)) {
            for (EnvironmentCatalog.Smaller each : smaller) {
                preferSmaller(each, staging);
            }
        }
        List<String> pip = pipInstall(staging);
        pip.addAll(List.of("-r", list.toString()));
        step("pip install", pip, output);
        rename(staging.resolve("bin"), staging.toString(), home.toString());
        Files.deleteIfExists(home.resolveSibling(home.getFileName() + ".failed.log"));
        Files.move(staging, home, StandardCopyOption.ATOMIC_MOVE);
        log.info("Built {}", home);
    }

    private List<String> pipInstall(Path staging) {
        List<String> pip =
                new ArrayList<>(
                        List.of(
                                new VirtualEnvironment(staging).python().toString(),
                                "-m",
                                "pip",
                                "install",
                                "--no-input",
                                "--disable-pip-version-check",
                                "--prefer-binary",
                                "--progress-bar=off",
                                "--no-color"));
        pip.addAll(settings.pipOptions());
        return pip;
    }

    /** Whoever says where packages come from means all of them. */
    private boolean hasIndexOfItsOwn(Path staging, Path output)
            throws IOException, InterruptedException {
        if (settings.pipOptions().stream().anyMatch(EnvironmentBuilder::isAboutIndexes)) {
            return true;
        }
        var outcome =
                ExternalCommand.run(
                        List.of(
                                new VirtualEnvironment(staging).python().toString(),
                                "-m",
                                "pip",
                                "config",
                                "list"),
                        output,
                        settings.pipTimeout());
        return !outcome.isSuccess()
                || outcome.output().lines().anyMatch(EnvironmentBuilder::isAboutIndexes);
    }

    private static boolean isAboutIndexes(String setting) {
        return setting.contains("index-url")
                || setting.contains("no-index")
                || setting.equals("-i");
    }

    /** The usual index has it as well, only larger: that it cannot be had here is no fault. */
    private void preferSmaller(EnvironmentCatalog.Smaller smaller, Path staging)
            throws IOException, InterruptedException {
        List<String> pip = pipInstall(staging);
        pip.addAll(IMPATIENT);
        pip.addAll(List.of("--no-deps", "--index-url", smaller.index(), smaller.requirement()));
        var outcome =
                ExternalCommand.run(pip, staging.resolve("smaller.log"), settings.pipTimeout());
        if (!outcome.isSuccess()) {
            log.info(
                    "{} is not to be had from {}: the usual build of it is taken, which is larger",
                    smaller.requirement(),
                    smaller.index());
        }
    }

    private void step(String what, List<String> command, Path output)
            throws IOException, InterruptedException {
        var outcome = ExternalCommand.run(command, output, settings.pipTimeout());
        if (outcome.isSuccess()) {
            return;
        }
        if (outcome.isTimeout()) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT,
                    what + " took longer than " + settings.pipTimeout() + ":\n" + last(outcome));
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE,
                what
                        + " failed:\n"
                        + last(outcome)
                        + "\nCheck spec.requirements and whether this machine reaches its package"
                        + " index (PIP_INDEX_URL, PIP_PROXY and pip.conf are honoured). It is"
                        + " tried again by itself.");
    }

    /** What pip calls an error, or its last lines. */
    private static String last(ExternalCommand.Outcome outcome) {
        List<String> lines = outcome.output().lines().filter(line -> !line.isBlank()).toList();
        List<String> errors = lines.stream().filter(line -> line.startsWith("ERROR")).toList();
        List<String> shown = errors.isEmpty() ? lines : errors;
        return String.join(
                "\n", shown.subList(Math.max(0, shown.size() - LINES_SHOWN), shown.size()));
    }

    /** Scripts name their interpreter by its full path, which was that of the staging folder. */
    private static void rename(Path bin, String from, String to) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(bin)) {
            files =
                    all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                            .toList();
        }
        for (Path file : files) {
            if (Files.size(file) < 1 << 20) {
                String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                if (text.contains(from)) {
                    Files.writeString(file, text.replace(from, to), StandardCharsets.ISO_8859_1);
                }
            }
        }
    }
}
