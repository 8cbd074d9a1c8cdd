package io.millrace.embedded.s3;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.embedded.s3.awssdk.S3Door;
import io.millrace.embedded.s3.depot.Depot;
import io.millrace.embedded.s3.depot.NewsTeller;
import io.millrace.embedded.s3.depot.Steps;
import io.millrace.embedded.s3.depot.Users;
import io.millrace.spi.Meters;
import io.millrace.spi.ObjectListener;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStoreHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An object store inside the process. {@link #open} it, {@link #listen} for clients, {@link #tell}
 * somebody what happens, close it. What happens before somebody is told waits, also over a crash.
 */
public final class EmbeddedObjectStore implements ObjectStoreHost, AutoCloseable {

    private static final String ONLY_OWNER = "rwx------";

    private final Depot depot;
    private final Users users;
    private final Meters meters;
    private @Nullable S3Door door;
    private @Nullable NewsTeller teller;
    private boolean isClosed;

    private EmbeddedObjectStore(Depot depot, Users users, Meters meters) {
        this.depot = depot;
        this.users = users;
        this.meters = meters;
    }

    /**
     * Opens the store in its folder; nothing listens yet.
     *
     * @throws MillraceException {@code UNAVAILABLE} when what is there cannot be used
     */
    public static EmbeddedObjectStore open(
            EmbeddedS3Config config, TimeSource time, IdSource ids, Meters meters) {
        return open(config, time, ids, meters, Steps.unwatched());
    }

    static EmbeddedObjectStore open(
            EmbeddedS3Config config, TimeSource time, IdSource ids, Meters meters, Steps steps) {
        makeFolder(config.folder());
        Depot depot = Depot.open(config.folder(), config.reserve(), time, ids, steps);
        return new EmbeddedObjectStore(depot, new Users(depot, time), meters);
    }

    /** Secrets of users are in it: nobody else reads it. */
    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
            if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(ONLY_OWNER));
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "cannot use the folder of the object store %s: %s".formatted(folder, e),
                    e);
        }
    }

    /**
     * Lets clients in.
     *
     * @param bind address to listen on
     * @param port to listen on; 0 for any that is free
     * @throws MillraceException {@code CONFLICT} when the port is taken
     */
    public synchronized void listen(String bind, int port) {
        if (door != null || isClosed) {
            throw MillraceException.internal(
                    "clients are let in already, or the end has come", null);
        }
        door = S3Door.open(depot, users, bind, port, meters);
    }

    /**
     * Has a listener told of every change, beginning with those that nobody was told of yet.
     *
     * @return close it, and nobody is told any more: what happens then waits for the next start
     */
    public synchronized AutoCloseable tell(ObjectListener listener) {
        if (teller != null || isClosed) {
            throw MillraceException.internal("somebody is told already, or the end has come", null);
        }
        var made = new NewsTeller(depot, listener, meters);
        teller = made;
        made.start();
        return made;
    }

    /** The buckets of a project, in-process. Closing it does nothing. */
    public ObjectStore of(ProjectId project) {
        return new ProjectObjects(depot, project);
    }

    /** Versions of models in buckets of their own projects. */
    public BucketArtifacts artifacts() {
        return new BucketArtifacts(depot);
    }

    /** Forgets all projects but these, with all that they have. */
    public void retain(Collection<ProjectId> projects) {
        depot.retain(projects);
        users.retain(projects);
    }

    @Override
    public boolean holdsObjects(ProjectId project) {
        return depot.holdsObjects(project);
    }

    @Override
    public void forget(ProjectId project) {
        depot.forget(project);
        users.forget(project);
    }

    @Override
    public synchronized Optional<String> endpoint() {
        return Optional.ofNullable(door).map(S3Door::endpoint);
    }

    @Override
    public List<User> users(ProjectId project) {
        return users.of(project).stream().map(EmbeddedObjectStore::user).toList();
    }

    @Override
    public Credential make(ProjectId project, ResourceName name) {
        Users.User made = users.make(project, name.value());
        return new Credential(user(made), made.secretKey());
    }

    @Override
    public boolean remove(ProjectId project, ResourceName name) {
        return users.remove(project, name.value());
    }

    private static User user(Users.User user) {
        return new User(new ResourceName(user.name()), user.accessKey(), user.made());
    }

    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try (depot;
                var _ = teller;
                var _ = door) {
            // in this order, from the last: no clients, nothing to tell, nothing to keep
        }
    }
}
