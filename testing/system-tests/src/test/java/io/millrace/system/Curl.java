package io.millrace.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The program curl, as users have it. */
final class Curl {

    private static final String MARK = "\n@@ ";

    private final ServerProcess server;

    Curl(ServerProcess server) {
        this.server = server;
    }

    /**
     * What came back.
     *
     * @param status of HTTP
     * @param version of HTTP, such as {@code 1.1}
     * @param connections how many were opened for this request
     * @param body as text
     */
    record Answer(int status, String version, int connections, String body) {}

    /** A request; options are curl's own. */
    Answer call(String path, String... options) {
        return all(List.of(path), options).getFirst();
    }

    /** A POST of JSON. */
    Answer post(String path, String json, String... options) {
        var all = new ArrayList<>(List.of("-H", "Content-Type: application/json", "-d", json));
        all.addAll(Arrays.asList(options));
        return call(path, all.toArray(String[]::new));
    }

    /** A POST of bytes from a file that exists for that long. */
    Answer send(String path, byte[] body, String... options) {
        try {
            Path file = Files.createTempFile("millrace-body", ".bin");
            try {
                Files.write(file, body);
                var all = new ArrayList<>(List.of("--data-binary", "@" + file));
                all.addAll(Arrays.asList(options));
                return call(path, all.toArray(String[]::new));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Several requests with the same options by one run of the program. */
    List<Answer> all(List<String> paths, String... options) {
        var command =
                new ArrayList<>(
                        List.of(
                                "curl",
                                "-sS",
                                "--path-as-is",
                                "--max-time",
                                "60",
                                "-w",
                                MARK + "%{http_code} %{http_version} %{num_connects}\n"));
        command.addAll(Arrays.asList(options));
        paths.forEach(path -> command.add(server.url() + path));
        CommandLine.Outcome outcome = CommandLine.run(command, Map.of()).orFail();
        var answers = new ArrayList<Answer>();
        String rest = outcome.out();
        for (int mark = rest.indexOf(MARK); mark >= 0; mark = rest.indexOf(MARK)) {
            int end = rest.indexOf('\n', mark + MARK.length());
            String[] facts = rest.substring(mark + MARK.length(), end).split(" ", -1);
            answers.add(
                    new Answer(
                            Integer.parseInt(facts[0]),
                            facts[1],
                            Integer.parseInt(facts[2]),
                            rest.substring(0, mark)));
            rest = rest.substring(end + 1);
        }
        if (answers.size() != paths.size()) {
            throw new AssertionError("curl said " + outcome.out() + "\n" + outcome.err());
        }
        return answers;
    }
}
