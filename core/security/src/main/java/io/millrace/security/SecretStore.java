package io.millrace.security;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The secrets of all projects: a file for each, {@code <project>/<name>}, that only the server's
 * user can read. Nothing is kept in memory. Any thread.
 */
public final class SecretStore implements Secrets {

    /** As a file: enough for a certificate with its chain, a key and an authority. */
    private static final int MAX_BYTES = 128 * 1024;

    private final Path folder;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    private SecretStore(Path folder) {
        this.folder = folder;
    }

    /** Opens the store in a folder, which is made when it is not there. */
    public static SecretStore open(Path folder) {
        try {
            PrivateFiles.createDirectory(folder);
            PrivateFiles.restrict(folder);
            return new SecretStore(folder);
        } catch (IOException e) {
            throw broken("cannot use the folder of secrets " + folder, e);
        }
    }

    @Override
    public Optional<Secret> find(ProjectId project, ResourceName name) {
        Path file = file(project, name);
        try {
            return Optional.of(new Secret(SecretFile.parse(file, Files.readAllBytes(file))));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw broken("cannot read the secret '" + name + "' of project " + project, e);
        }
    }

    /** The names of a project's secrets, in order. */
    public List<ResourceName> names(ProjectId project) {
        return list(folder.resolve(project.value())).stream()
                .map(ResourceName::new)
                .sorted()
                .toList();
    }

    /**
     * Sets a secret as a whole; returns when it is on disk.
     *
     * @param values names of values follow the rule of resource names
     * @throws MillraceException {@code INVALID} for none or a bad name, {@code TOO_LARGE}
     */
    public void put(ProjectId project, ResourceName name, Map<String, String> values) {
        byte[] content = SecretFile.format(values);
        if (content.length > MAX_BYTES) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "the secret '%s' has %d bytes with all its values, allowed are %d"
                            .formatted(name, content.length, MAX_BYTES));
        }
        Path file = file(project, name);
        try {
            synchronized (this) {
                PrivateFiles.createDirectory(folder.resolve(project.value()));
                PrivateFiles.write(file, content);
            }
        } catch (IOException e) {
            throw broken("cannot save the secret '" + name + "' of project " + project, e);
        }
        changed(project, name);
    }

    /** Removes a secret; false when there was none. */
    public boolean delete(ProjectId project, ResourceName name) {
        try {
            synchronized (this) {
                if (!Files.deleteIfExists(file(project, name))) {
                    return false;
                }
            }
        } catch (IOException e) {
            throw broken("cannot delete the secret '" + name + "' of project " + project, e);
        }
        changed(project, name);
        return true;
    }

    /** Removes all secrets of a project that is gone. */
    public void deleteAll(ProjectId project) {
        for (ResourceName name : names(project)) {
            delete(project, name);
        }
        Path directory = folder.resolve(project.value());
        try {
            synchronized (this) {
                for (String unfinished : list(directory, name -> name.startsWith("."))) {
                    Files.deleteIfExists(directory.resolve(unfinished));
                }
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            throw broken("cannot delete the secrets of project " + project, e);
        }
    }

    /**
     * Removes the secrets of all other projects: what a crash left of a project that was deleted
     * must not come into the hands of the next one of that name.
     */
    public void retain(Collection<ProjectId> projects) {
        for (String name : list(folder)) {
            var project = new ProjectId(name);
            if (!projects.contains(project)) {
                deleteAll(project);
            }
        }
    }

    @Override
    public Watch watch(Listener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    private void changed(ProjectId project, ResourceName name) {
        listeners.forEach(listener -> listener.changed(project, name));
    }

    private Path file(ProjectId project, ResourceName name) {
        // Neither can leave the folder: names begin with a letter or digit and hold no slash.
        return folder.resolve(project.value()).resolve(name.value());
    }

    /** What begins with a dot is a write that a crash cut short. */
    private static List<String> list(Path directory) {
        return list(directory, name -> !name.startsWith("."));
    }

    private static List<String> list(Path directory, Predicate<String> which) {
        try (Stream<Path> entries = Files.list(directory)) {
            var names = new ArrayList<String>();
            entries.map(entry -> String.valueOf(entry.getFileName()))
                    .filter(which)
                    .forEach(names::add);
            return names;
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            throw broken("cannot list the folder of secrets " + directory, e);
        }
    }

    private static MillraceException broken(String what, IOException cause) {
        return MillraceException.internal(what + ": " + cause, cause);
    }
}
