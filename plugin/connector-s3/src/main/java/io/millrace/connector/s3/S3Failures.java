package io.millrace.connector.s3;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectNames;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What an answer of a store means to us. */
final class S3Failures {

    private static final int BUSY = 429;
    private static final int NOT_IMPLEMENTED = 501;

    /** Not the fault of who asks for an object: whoever set the secret has to mend it. */
    private static final Set<String> CREDENTIALS =
            Set.of(
                    "InvalidAccessKeyId",
                    "SignatureDoesNotMatch",
                    "ExpiredToken",
                    "InvalidToken",
                    "RequestTimeTooSkewed");

    private S3Failures() {}

    /** An object as it may be shown: names come from outside. */
    static String shown(String bucket, String key) {
        return "s3://"
                + ObjectNames.shown(bucket)
                + (key.isEmpty() ? "" : "/" + ObjectNames.shown(key));
    }

    /** The failure of a call, in our own words. */
    static MillraceException of(String bucket, String key, SdkException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof MillraceException refused) {
                return refused; // the endpoint's name led to where this server must not go
            }
        }
        if (e instanceof S3Exception answered && answered.statusCode() > 0) {
            return answered(bucket, key, answered);
        }
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the object store cannot be reached for %s: %s"
                        .formatted(shown(bucket, key), e.getMessage()),
                e);
    }

    private static MillraceException answered(String bucket, String key, S3Exception e) {
        String reason =
                e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                        ? "no reason given"
                        : e.awsErrorDetails().errorCode();
        if (e instanceof NoSuchBucketException || reason.equals("NoSuchBucket")) {
            return new MillraceException(
                    ErrorCode.NOT_FOUND, "there is no bucket " + ObjectNames.shown(bucket), e);
        }
        if (CREDENTIALS.contains(reason)) {
            return new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the object store does not take our credentials (%s); mend the secret"
                            .formatted(reason),
                    e);
        }
        return switch (e.statusCode()) {
            case 404 ->
                    new MillraceException(
                            ErrorCode.NOT_FOUND,
                            "there is no " + shown(bucket, key) + " (any more)",
                            e);
            case 412 ->
                    new MillraceException(
                            ErrorCode.CONFLICT,
                            shown(bucket, key)
                                    + " is not the object that was meant any more: its content has"
                                    + " changed, or it was never stored",
                            e);
            default ->
                    new MillraceException(
                            code(e.statusCode()),
                            "the object store answers %d for %s: %s"
                                    .formatted(e.statusCode(), shown(bucket, key), reason),
                            e);
        };
    }

    private static ErrorCode code(int status) {
        return switch (status) {
            case 401, 403 -> ErrorCode.DENIED;
            case 409 -> ErrorCode.CONFLICT;
            case BUSY -> ErrorCode.UNAVAILABLE;
            case NOT_IMPLEMENTED, 405 -> ErrorCode.UNSUPPORTED;
            default -> status >= 400 && status < 500 ? ErrorCode.INVALID : ErrorCode.UNAVAILABLE;
        };
    }
}
