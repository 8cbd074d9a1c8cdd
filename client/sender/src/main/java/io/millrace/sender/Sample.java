package io.millrace.sender;

/**
 * One sample, as it is sent.
 *
 * @param label becomes the key of the record
 * @param data becomes its value
 */
public record Sample(byte[] label, byte[] data) {}
