package io.millrace.spi;

import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;

/** Fetches the content of a model version from where its address says. */
public interface ArtifactSource {

    /** The schemes it serves, such as {@code https}. */
    Set<String> schemes();

    /**
     * Refuses an address that this install does not allow, without connecting to anything.
     *
     * @throws io.millrace.api.MillraceException {@code DENIED} with what is allowed and how to
     *     allow more; {@code INVALID} when it is no address of this kind
     */
    void check(URI address);

    /**
     * Fetches one archive, one model file or a folder of files into an empty folder. Blocks. Checks
     * the address again, and every address that it leads to.
     *
     * @param limit of all files together
     * @throws io.millrace.api.MillraceException {@code DENIED}, {@code NOT_FOUND}, {@code
     *     TOO_LARGE}; {@code UNAVAILABLE} when another try may help
     */
    void fetch(URI address, Path folder, DataSize limit);

    /**
     * Refuses an address of a project, with its store, as {@link #check(URI)} does.
     *
     * @throws io.millrace.api.MillraceException {@code INVALID}, besides, when it names a store and
     *     this source has none
     */
    default void check(ArtifactAddress address) {
        if (address.store().isPresent()) {
            throw MillraceException.invalid(
                    AllowedOrigins.shown(address.uri())
                            + " names a store; only s3://<bucket>/<key> is in one");
        }
        check(address.uri());
    }

    /** Fetches an address of a project, from its store, as {@link #fetch(URI, Path, DataSize)}. */
    default void fetch(ArtifactAddress address, Path folder, DataSize limit) {
        check(address);
        fetch(address.uri(), folder, limit);
    }
}
