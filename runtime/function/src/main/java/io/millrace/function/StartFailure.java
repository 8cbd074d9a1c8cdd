package io.millrace.function;

/** A worker did not come to the point where it takes messages. */
final class StartFailure extends Exception {

    private static final long serialVersionUID = 1L;

    StartFailure(String reason) {
        super(reason);
    }

    String reason() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
