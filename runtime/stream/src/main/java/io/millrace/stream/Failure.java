package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.spi.PipelineTaps;

/**
 * Why a record was given up.
 *
 * @param code what kind of error it was
 * @param reason for the owner of the record
 * @param stage where it happened
 * @param attempts how often it was tried
 * @param trail what it had passed through, as {@link Trails} writes it
 */
record Failure(ErrorCode code, String reason, String stage, int attempts, byte[] trail) {

    /** For those who look on. */
    PipelineTaps.Failure shown() {
        return new PipelineTaps.Failure(stage, code, reason, attempts);
    }
}
