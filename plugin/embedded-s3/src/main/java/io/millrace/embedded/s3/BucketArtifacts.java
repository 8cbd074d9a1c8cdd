package io.millrace.embedded.s3;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.embedded.s3.depot.Conditions;
import io.millrace.embedded.s3.depot.Depot;
import io.millrace.embedded.s3.depot.Listing;
import io.millrace.embedded.s3.depot.StoredObject;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ArtifactAddress;
import io.millrace.spi.ArtifactSource;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Fetches an object, or all objects of a folder, from {@code s3://bucket/key} in the buckets of the
 * project that asks. There is no origin to allow: nobody's network is touched, and no other
 * project's bucket can be named.
 */
public final class BucketArtifacts implements ArtifactSource {

    private static final int MAX_OBJECTS = 10_000;
    private static final int PAGE = 1_000;

    private final Depot depot;

    BucketArtifacts(Depot depot) {
        this.depot = depot;
    }

    @Override
    public Set<String> schemes() {
        return Set.of("s3");
    }

    /** Whether the project has the bucket of an address. */
    public boolean has(ArtifactAddress address) {
        String bucket = address.uri().getHost();
        return bucket != null && depot.hasBucket(address.project(), bucket);
    }

    /** Without a project, nothing is anybody's. */
    @Override
    public void check(URI address) {
        throw new MillraceException(
                ErrorCode.DENIED,
                AllowedOrigins.shown(address) + " is in no project, and so in no bucket");
    }

    @Override
    public void check(ArtifactAddress address) {
        URI uri = address.uri();
        if (uri.getHost() == null
                || uri.getPort() >= 0
                || uri.getRawQuery() != null
                || uri.getRawUserInfo() != null) {
            throw MillraceException.invalid(
                    "expected s3://bucket/key or s3://bucket, got " + AllowedOrigins.shown(uri));
        }
    }

    private static String key(URI address) {
        String path = address.getPath() == null ? "" : address.getPath();
        return path.startsWith("/") ? path.substring(1) : path;
    }

    @Override
    public void fetch(URI address, Path folder, DataSize limit) {
        check(address);
    }

    @Override
    public void fetch(ArtifactAddress address, Path folder, DataSize limit) {
        check(address);
        String bucket = address.uri().getHost();
        String key = key(address.uri());
        List<StoredObject> objects = objects(address.project(), bucket, key);
        if (objects.isEmpty()) {
            throw MillraceException.notFound(
                    "there is nothing at %s in the buckets of project %s"
                            .formatted(AllowedOrigins.shown(address.uri()), address.project()));
        }
        long total = objects.stream().mapToLong(StoredObject::size).sum();
        if (total > limit.bytes()) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "%s is larger than the %s allowed"
                            .formatted(AllowedOrigins.shown(address.uri()), limit));
        }
        for (StoredObject object : objects) {
            save(address.project(), object, key, folder);
        }
    }

    /** The object of that key, else those in the folder of that name; never what only begins so. */
    private List<StoredObject> objects(ProjectId project, String bucket, String key) {
        if (!key.isEmpty() && !key.endsWith("/")) {
            Optional<StoredObject> one = depot.find(project, bucket, key);
            if (one.isPresent()) {
                return List.of(one.get());
            }
        }
        var found = new ArrayList<StoredObject>();
        String below = folder(key);
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Listing.Page page =
                    depot.list(project, bucket, new Listing(below, "", after.get(), PAGE));
            page.objects().stream()
                    .filter(object -> !object.key().endsWith("/"))
                    .forEach(found::add);
            if (found.size() > MAX_OBJECTS) {
                throw new MillraceException(
                        ErrorCode.TOO_LARGE,
                        "more than %d objects are below s3://%s/%s"
                                .formatted(MAX_OBJECTS, bucket, key));
            }
            after = page.next();
        }
        return found;
    }

    /** With which the keys of a folder begin: those of the whole bucket with nothing. */
    private static String folder(String key) {
        return key.isEmpty() || key.endsWith("/") ? key : key + "/";
    }

    private void save(ProjectId project, StoredObject object, String key, Path folder) {
        String name =
                object.key().equals(key)
                        ? key.substring(key.lastIndexOf('/') + 1)
                        : object.key().substring(folder(key).length());
        Path target = inside(folder, name);
        // The listed size was checked: an object that has changed since must not be larger.
        Depot.Opened opened =
                depot.open(
                        project,
                        object.bucket(),
                        object.key(),
                        Conditions.ofWrite(object.etag(), null));
        try (FileChannel in = opened.content()) {
            Files.createDirectories(Objects.requireNonNullElse(target.getParent(), folder));
            try (FileChannel out =
                    FileChannel.open(
                            target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                for (long at = 0; at < object.size(); ) {
                    long moved = in.transferTo(at, object.size() - at, out);
                    if (moved == 0) {
                        throw new IOException("the object's content ends too early");
                    }
                    at += moved;
                }
            }
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot keep what came from s3://%s/%s"
                            .formatted(object.bucket(), object.key()),
                    e);
        }
    }

    /** Keys are free text: one with dot segments must not leave the folder. */
    private static Path inside(Path folder, String name) {
        Path target = folder.resolve(name).normalize();
        if (name.isEmpty() || name.startsWith("/") || !target.startsWith(folder)) {
            throw MillraceException.invalid("the object '" + name + "' has no usable name");
        }
        return target;
    }
}
