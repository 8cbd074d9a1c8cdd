package io.millrace.embedded.s3;

import io.millrace.api.DataSize;
import java.nio.file.Path;

/**
 * Where the store is and where it listens.
 *
 * @param folder of its own, made when it is not there
 * @param bind address to listen on
 * @param port to listen on; 0 for any that is free
 * @param reserve room on the disk that is kept free
 */
public record EmbeddedS3Config(Path folder, String bind, int port, DataSize reserve) {}
