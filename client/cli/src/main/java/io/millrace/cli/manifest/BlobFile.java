package io.millrace.cli.manifest;

import io.millrace.api.ProjectId;
import java.nio.file.Path;

/**
 * A file that a resource refers to and that the server must hold before the resource works.
 *
 * @param project whose store shall hold it
 * @param name what the user calls it
 * @param file where it is
 * @param sha256 of its content, in hexadecimal
 */
record BlobFile(ProjectId project, String name, Path file, String sha256) {

    String uri() {
        return uri(sha256);
    }

    /** The address of content of this hash. */
    static String uri(String sha256) {
        return "blob:sha256:" + sha256;
    }
}
