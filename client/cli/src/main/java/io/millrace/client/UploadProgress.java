package io.millrace.client;

/** Hears how far an upload is. Called on the sending thread; must be quick. */
@FunctionalInterface
public interface UploadProgress {

    /** Nobody watches. */
    UploadProgress NONE = (_, _) -> {};

    /** So many bytes of so many have been handed to the connection. */
    void onProgress(long sentBytes, long totalBytes);
}
