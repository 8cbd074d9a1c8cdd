package io.millrace.client;

/**
 * One thing that is wrong with what was sent.
 *
 * @param source the file, or the document's number, as the server calls it; may be empty
 * @param line counted from 1; 0 when not known
 * @param column counted from 1; 0 when not known
 * @param pointer JSON pointer into the document, such as {@code /spec/fields}; may be empty
 * @param message a sentence for the person who wrote it
 */
public record Problem(String source, int line, int column, String pointer, String message) {

    /** As in {@code 03-function.yaml:6:3: unknown field 'sorce'}. */
    @Override
    public String toString() {
        var text = new StringBuilder(source);
        if (line > 0) {
            text.append(':').append(line);
            if (column > 0) {
                text.append(':').append(column);
            }
        }
        return text.isEmpty() ? message : text.append(": ").append(message).toString();
    }
}
