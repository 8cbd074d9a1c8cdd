package io.millrace.spi;

import io.millrace.api.ErrorCode;

/**
 * One item of a batch that failed.
 *
 * @param index in the batch, from 0
 * @param code decides whether another attempt makes sense
 * @param reason for the person who owns the record
 */
public record ItemFailure(int index, ErrorCode code, String reason) {}
