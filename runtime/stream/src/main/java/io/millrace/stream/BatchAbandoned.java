package io.millrace.stream;

/**
 * Ends a batch that cannot be finished before its task has to end. Nothing is lost: what was not
 * committed is read again. Not an error, so it has no stack trace.
 */
final class BatchAbandoned extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BatchAbandoned() {
        super("the task ends before its batch", null, false, false);
    }
}
