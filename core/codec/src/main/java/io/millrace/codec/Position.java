package io.millrace.codec;

/**
 * A place in a text.
 *
 * @param line from 1; 0 when the value comes from no text
 * @param column from 1; 0 when the value comes from no text
 */
record Position(int line, int column) {

    /** Of values that were built by the program. */
    static final Position NONE = new Position(0, 0);
}
