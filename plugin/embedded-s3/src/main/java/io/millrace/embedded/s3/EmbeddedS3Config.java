package io.millrace.embedded.s3;

import io.millrace.api.DataSize;
import java.nio.file.Path;

/**
 * Where the store is.
 *
 * @param folder of its own, made when it is not there
 * @param reserve room on the disk that is kept free
 */
public record EmbeddedS3Config(Path folder, DataSize reserve) {}
