package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.client.MillraceClient;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What every command works with: the terminal, the clock, the server and the project. */
public final class CliContext implements AutoCloseable {

    static final String DEFAULT_SERVER = "http://localhost:8080";

    private final Terminal terminal;
    private final TimeSource time;
    private final InputStream input;
    private final Path folder;
    private final Map<String, String> environment;
    private @Nullable String server;
    private @Nullable String project;
    private @Nullable MillraceClient client;

    /**
     * The surroundings of one run.
     *
     * @param input standard input
     * @param folder what relative paths start from
     * @param environment the variables of the process
     */
    public CliContext(
            Terminal terminal,
            TimeSource time,
            InputStream input,
            Path folder,
            Map<String, String> environment) {
        this.terminal = terminal;
        this.time = time;
        this.input = input;
        this.folder = folder;
        this.environment = Map.copyOf(environment);
    }

    /** Where to write. */
    public Terminal terminal() {
        return terminal;
    }

    /** The clock. */
    public TimeSource time() {
        return time;
    }

    /** The variables of the process. */
    public Map<String, String> environment() {
        return environment;
    }

    InputStream input() {
        return input;
    }

    /** A path as the user wrote it, from the folder the user is in. */
    public Path resolve(String path) {
        return folder.resolve(path);
    }

    void useServer(String url) {
        this.server = url;
    }

    void useProject(String name) {
        this.project = name;
    }

    /** The project that is meant where a resource names none. */
    public ProjectId project() {
        String name = project != null ? project : environment.get("MILLRACE_PROJECT");
        return name == null || name.isEmpty() ? ProjectId.DEFAULT : new ProjectId(name);
    }

    /** The project that was asked for on the command line. */
    Optional<ProjectId> chosenProject() {
        String name = project;
        return name == null || name.isEmpty() ? Optional.empty() : Optional.of(new ProjectId(name));
    }

    /** The server's address. */
    URI serverAddress() {
        String given = server != null ? server : environment.get("MILLRACE_SERVER");
        String url = given == null || given.isEmpty() ? DEFAULT_SERVER : given;
        try {
            return URI.create(url.contains("://") ? url : "http://" + url);
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID,
                    "the server's address '" + url + "' must look like " + DEFAULT_SERVER,
                    e);
        }
    }

    /** The client of that server; made at the first use. */
    MillraceClient client() {
        MillraceClient existing = client;
        if (existing == null) {
            existing = new MillraceClient(serverAddress(), time);
            client = existing;
        }
        return existing;
    }

    @Override
    public void close() {
        MillraceClient existing = client;
        if (existing != null) {
            existing.close();
        }
    }
}
