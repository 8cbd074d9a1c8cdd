package io.millrace.codec.kserve;

/**
 * Something that a resource asks for and does not get, although it is taken.
 *
 * @param document which of the text, from 1
 * @param pointer the JSON pointer of the field
 * @param message what does not hold, and what holds instead
 */
public record Warning(int document, String pointer, String message) {}
