package io.millrace.codec;

/**
 * One thing that is wrong in a text of resources.
 *
 * @param document which document of the text, from 1
 * @param line from 1
 * @param column from 1
 * @param pointer the JSON pointer of the value in its document; empty for the whole document
 * @param message what is wrong and what would be right
 */
public record Problem(int document, int line, int column, String pointer, String message) {}
