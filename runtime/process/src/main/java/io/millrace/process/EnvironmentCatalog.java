package io.millrace.process;

import io.millrace.api.MillraceException;
import io.millrace.api.Suggestion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The environments that Millrace knows by name, and what is installed in each. */
public final class EnvironmentCatalog {

    static final List<String> NAMES = List.of("python", "tensorflow-python", "pytorch-python");

    /** Also what Karbon Platform Services called them; compared without case, spaces and dashes. */
    private static final Map<String, String> ALIASES =
            Map.ofEntries(
                    Map.entry("python", "python"),
                    Map.entry("python3", "python"),
                    Map.entry("pythonenv", "python"),
                    Map.entry("python3env", "python"),
                    Map.entry("srpython", "python"),
                    Map.entry("tensorflowpython", "tensorflow-python"),
                    Map.entry("tensorflow", "tensorflow-python"),
                    Map.entry("tensorflowpythonenv", "tensorflow-python"),
                    Map.entry("srtensorflow", "tensorflow-python"),
                    Map.entry("pytorchpython", "pytorch-python"),
                    Map.entry("pytorch", "pytorch-python"));

    private static final String SMALLER = "# smaller ";

    private EnvironmentCatalog() {}

    /**
     * What an environment consists of.
     *
     * @param name its name in the catalogue
     * @param oldest the oldest Python it works with, as in 309 for 3.9
     * @param newest the newest Python it works with
     * @param requirements as pip reads them
     * @param smaller packages of which another index has a build that does as well
     */
    public record Recipe(
            String name, int oldest, int newest, List<String> requirements, List<Smaller> smaller) {
        public Recipe {
            requirements = List.copyOf(requirements);
            smaller = List.copyOf(smaller);
        }

        /** One whose packages all come from the usual index. */
        public Recipe(String name, int oldest, int newest, List<String> requirements) {
            this(name, oldest, newest, requirements, List.of());
        }

        boolean suits(int python) {
            return python >= oldest && python <= newest;
        }

        String pythons() {
            String from = oldest / 100 + "." + oldest % 100;
            return newest == Integer.MAX_VALUE
                    ? from + " or newer"
                    : from + " to " + newest / 100 + "." + newest % 100;
        }
    }

    /**
     * A package that is smaller elsewhere: without what only graphics cards need.
     *
     * @param requirement as pip reads it, with its version
     * @param index that has it
     */
    public record Smaller(String requirement, String index) {}

    /**
     * The recipe of an environment with further packages.
     *
     * @throws MillraceException for an environment that is not known, or a requirement that is not
     *     one
     */
    public static Recipe recipe(String environment, List<String> further) {
        String name = resolve(environment);
        List<String> requirements = new ArrayList<>();
        List<Smaller> smaller = new ArrayList<>();
        int oldest = 309;
        int newest = Integer.MAX_VALUE;
        for (String line : read(name).lines().toList()) {
            if (line.startsWith("# python")) {
                oldest = bound(line, ">=", oldest);
                newest = bound(line, "<=", newest);
            } else if (line.startsWith(SMALLER)) {
                String[] words = line.substring(SMALLER.length()).strip().split(" from ", 2);
                smaller.add(new Smaller(words[0], words[1]));
            } else if (!line.isBlank()) {
                requirements.add(line.strip());
            }
        }
        further.stream()
                .map(EnvironmentCatalog::checked)
                .filter(line -> !line.isEmpty())
                .distinct()
                .sorted()
                .forEach(requirements::add);
        return new Recipe(name, oldest, newest, requirements, smaller);
    }

    private static String resolve(String environment) {
        String plain = environment.toLowerCase(Locale.ROOT).replaceAll("[\\s_-]", "");
        String name = ALIASES.get(plain);
        if (name != null) {
            return name;
        }
        String reason =
                switch (plain) {
                    case "python2env", "python2", "srpython2" ->
                            "; Python 2 is not supported. Known are ";
                    case "nodeenv", "node", "srnode", "golang", "golangenv", "go", "srgo" ->
                            "; only functions in Python are supported. Known are ";
                    default -> nearest(plain);
                };
        throw MillraceException.invalid(
                "environment '"
                        + environment
                        + "' is not known"
                        + reason
                        + String.join(", ", NAMES)
                        + "; further packages go into spec.requirements");
    }

    private static String nearest(String plain) {
        return Suggestion.nearest(plain, ALIASES.keySet().stream().sorted().toList())
                .map(alias -> "; did you mean '" + ALIASES.get(alias) + "'? Known are ")
                .orElse("; known are ");
    }

    private static String checked(String requirement) {
        String line = requirement.strip();
        boolean isOption = line.startsWith("-");
        if (isOption || line.chars().anyMatch(c -> c < ' ')) {
            throw MillraceException.invalid(
                    "requirement '"
                            + requirement.replaceAll("\\p{Cntrl}", "?")
                            + "' is not a package: write one package each, such as"
                            + " 'scipy==1.15.3'; options for pip belong to the server's"
                            + " configuration");
        }
        return line;
    }

    private static int bound(String line, String operator, int otherwise) {
        int at = line.indexOf(operator);
        if (at < 0) {
            return otherwise;
        }
        String version = line.substring(at + 2).strip().split("[^0-9.]", 2)[0];
        int dot = version.indexOf('.');
        return Integer.parseInt(version.substring(0, dot)) * 100
                + Integer.parseInt(version.substring(dot + 1));
    }

    private static String read(String name) {
        try (InputStream in =
                EnvironmentCatalog.class.getResourceAsStream("environments/" + name + ".txt")) {
            if (in == null) {
                throw MillraceException.internal("environments/" + name + ".txt is missing", null);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
