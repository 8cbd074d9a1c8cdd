package io.millrace.embedded.s3.depot;

/** Where a change and its news have come to: for tests that stop the world there. */
@FunctionalInterface
public interface Steps {

    /** A step was done and the next one not begun. */
    void reached(Step step);

    /** In their order. */
    enum Step {
        /** The content is in its file and nothing refers to it. */
        CONTENT_WRITTEN,
        /** The object and its news are in the index; the client does not know. */
        COMMITTED,
        /** The listener has the news; the index does not know. */
        TOLD,
        /** The news is off the index. */
        FORGOTTEN
    }

    /** Nobody watches. */
    static Steps unwatched() {
        return _ -> {};
    }
}
