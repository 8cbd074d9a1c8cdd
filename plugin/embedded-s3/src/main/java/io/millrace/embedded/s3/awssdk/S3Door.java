package io.millrace.embedded.s3.awssdk;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.embedded.s3.depot.Depot;
import io.millrace.embedded.s3.depot.Users;
import io.millrace.spi.Meters;
import java.net.BindException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.gaul.s3proxy.AccessGrant;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.jspecify.annotations.Nullable;

/** The S3 endpoint. */
public final class S3Door implements AutoCloseable {

    private static final int THREADS = 64;

    /**
     * Larger ones come in parts or in chunks that are signed one by one: this is held in memory.
     */
    private static final long MOST_IN_ONE_SIGNATURE = 64L << 20;

    private static final long STOPPING_MILLIS = 5_000;

    /** A name that no request can have: keys of users have another form. */
    private static final String NOBODY = "nobody";

    private final S3Proxy proxy;
    private final String bind;

    private S3Door(S3Proxy proxy, String bind) {
        this.proxy = proxy;
        this.bind = bind;
    }

    /**
     * Lets clients in.
     *
     * @param port 0 for any that is free
     */
    public static S3Door open(Depot depot, Users users, String bind, int port, Meters meters) {
        Map<ProjectId, BlobStore> stores = new ConcurrentHashMap<>();
        Meters.Count refused =
                meters.count(
                        "millrace_s3_unknown_keys_total",
                        "Requests to the embedded object store with an access key that nobody has");
        S3Proxy proxy =
                S3Proxy.builder()
                        .blobStore(new Strangers(new ProjectBlobStore(depot, ProjectId.DEFAULT)))
                        .endpoint(endpoint(bind, port))
                        // Newer clients sign with version 4; old tools still with version 2.
                        .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, NOBODY, NOBODY)
                        .ignoreUnknownHeaders(false)
                        .v4MaxNonChunkedRequestSize(MOST_IN_ONE_SIGNATURE)
                        .jettyMaxThreads(THREADS)
                        .stopTimeout(STOPPING_MILLIS)
                        .build();
        proxy.setBlobStoreLocator((accessKey, _, _) -> {
            AccessGrant grant = accessKey == null ? null : grant(depot, users, stores, accessKey);
            if (grant == null) {
                refused.increment();
            }
            return grant;
        });
        start(proxy, bind, port);
        return new S3Door(proxy, bind);
    }

    private static @Nullable AccessGrant grant(
            Depot depot, Users users, Map<ProjectId, BlobStore> stores, String accessKey) {
        return users.find(accessKey)
                .map(user ->
                        new AccessGrant(
                                user.secretKey(),
                                stores.computeIfAbsent(
                                        user.project(),
                                        project -> new ProjectBlobStore(depot, project))))
                .orElse(null);
    }

    private static URI endpoint(String bind, int port) {
        return URI.create("http://" + bracketed(bind) + ":" + port);
    }

    private static void start(S3Proxy proxy, String bind, int port) {
        try {
            proxy.start();
        } catch (Exception e) {
            stop(proxy, e);
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof BindException) {
                    throw new MillraceException(
                            ErrorCode.CONFLICT,
                            "cannot serve S3 on %s:%d: %s; stop what uses the port or set s3.port"
                                    .formatted(bind, port, cause.getMessage()),
                            e);
                }
            }
            throw MillraceException.internal("cannot serve S3 on " + bind + ":" + port, e);
        }
    }

    private static void stop(S3Proxy proxy, Exception after) {
        try {
            proxy.stop();
        } catch (Exception e) {
            after.addSuppressed(e);
        }
    }

    /** Where clients of this machine find it. */
    public String endpoint() {
        String host =
                switch (bind) {
                    case "0.0.0.0", "localhost" -> "127.0.0.1";
                    case "::" -> "::1";
                    default -> bind;
                };
        return "http://" + bracketed(host) + ":" + proxy.getPort();
    }

    private static String bracketed(String host) {
        return host.contains(":") ? "[" + host + "]" : host;
    }

    @Override
    public void close() {
        try {
            proxy.stop();
        } catch (Exception e) {
            throw MillraceException.internal("the S3 endpoint did not stop cleanly", e);
        }
    }
}
