package io.millrace.model.onnx;

/** ONNX Runtime's error texts, made fit for one line. */
final class Messages {

    private static final int MAX_LENGTH = 400;

    private Messages() {}

    /** The first line: what follows is a stack trace of its own code. */
    static String firstLine(String message) {
        String line = message.strip().lines().findFirst().orElse("no reason given").strip();
        return shorten(line);
    }

    /** Names come from the model's file and may be of any length and hold anything. */
    static String shorten(String text) {
        String plain = text.replaceAll("\\p{Cntrl}", "?");
        return plain.length() <= MAX_LENGTH ? plain : plain.substring(0, MAX_LENGTH) + "…";
    }
}
