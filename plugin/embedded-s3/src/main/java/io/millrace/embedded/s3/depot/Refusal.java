package io.millrace.embedded.s3.depot;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;

/** A request that the store does not do, with the words that clients of S3 know it by. */
public final class Refusal extends MillraceException {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public Refusal(Reason reason, String message) {
        super(reason.code, message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    /** What it is, here and in S3. */
    public enum Reason {
        NO_SUCH_BUCKET(ErrorCode.NOT_FOUND, 404, "NoSuchBucket"),
        NO_SUCH_KEY(ErrorCode.NOT_FOUND, 404, "NoSuchKey"),
        NO_SUCH_UPLOAD(ErrorCode.NOT_FOUND, 404, "NoSuchUpload"),
        BUCKET_EXISTS(ErrorCode.CONFLICT, 409, "BucketAlreadyOwnedByYou"),
        BUCKET_NOT_EMPTY(ErrorCode.CONFLICT, 409, "BucketNotEmpty"),
        PRECONDITION_FAILED(ErrorCode.CONFLICT, 412, "PreconditionFailed"),
        NOT_MODIFIED(ErrorCode.CONFLICT, 304, ""),
        INVALID_BUCKET_NAME(ErrorCode.INVALID, 400, "InvalidBucketName"),
        INVALID_ARGUMENT(ErrorCode.INVALID, 400, "InvalidArgument"),
        INVALID_PART(ErrorCode.INVALID, 400, "InvalidPart"),
        INVALID_RANGE(ErrorCode.INVALID, 416, "InvalidRange"),
        KEY_TOO_LONG(ErrorCode.TOO_LARGE, 400, "KeyTooLongError"),
        METADATA_TOO_LARGE(ErrorCode.TOO_LARGE, 400, "MetadataTooLarge"),
        BAD_DIGEST(ErrorCode.INVALID, 400, "BadDigest"),
        INCOMPLETE_BODY(ErrorCode.INVALID, 400, "IncompleteBody"),
        NOT_IMPLEMENTED(ErrorCode.UNSUPPORTED, 501, "NotImplemented"),
        ACCESS_DENIED(ErrorCode.DENIED, 403, "AccessDenied"),
        SLOW_DOWN(ErrorCode.OVERLOADED, 503, "SlowDown"),
        NO_SPACE(ErrorCode.UNAVAILABLE, 503, "ServiceUnavailable");

        private final ErrorCode code;
        private final int status;
        private final String label;

        Reason(ErrorCode code, int status, String label) {
            this.code = code;
            this.status = status;
            this.label = label;
        }

        /** The status of the answer over HTTP. */
        public int status() {
            return status;
        }

        /** The code of the error in S3. */
        public String label() {
            return label;
        }
    }
}
