package io.millrace.cli.manifest;

/** Hears what applying is busy with. */
@FunctionalInterface
public interface ApplyListener {

    /** Nobody listens. */
    ApplyListener NONE = (_, _, _) -> {};

    /** So many bytes of so many of a file have been sent. */
    void onUpload(String file, long sentBytes, long totalBytes);
}
