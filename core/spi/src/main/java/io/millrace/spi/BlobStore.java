package io.millrace.spi;

import java.io.InputStream;
import java.nio.file.Path;

/** Content kept under its own hash: never changed, never there twice, never half there. */
public interface BlobStore {

    /**
     * Keeps the content of a stream. The stream is read to its end and not closed.
     *
     * @param maxBytes more than this is refused
     * @return the SHA-256 in lower-case hexadecimal
     * @throws io.millrace.api.MillraceException {@code TOO_LARGE}; nothing is left behind
     */
    String put(InputStream content, long maxBytes);

    /** Whether the content of a hash is here. */
    boolean contains(String sha256);

    /**
     * The content of a hash as a file to read; it stays where it is.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} when it is not here, {@code
     *     INTERNAL} when it does not have its hash any more
     */
    Path open(String sha256);
}
