package io.millrace.codec;

/** The files that a resource text may name, as seen by the client that reads the text. */
@FunctionalInterface
public interface LocalFiles {

    /**
     * The text of a file.
     *
     * @param path as written in the resource: relative to the file that holds the resource
     * @throws io.millrace.api.MillraceException when it cannot be read; the message says why
     */
    String readText(String path);
}
