package io.millrace.embedded.s3.awssdk;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.embedded.s3.depot.Refusal;
import java.io.EOFException;
import java.util.function.Supplier;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Our errors as s3proxy passes them on to clients. */
final class S3Errors {

    private static final Logger LOG = LoggerFactory.getLogger(S3Errors.class);
    private static final int UNAVAILABLE = 503;
    private static final int INTERNAL = 500;

    private S3Errors() {}

    /** Does something whose errors are for a client of S3. */
    static <T> T translated(Supplier<T> work) {
        try {
            return work.get();
        } catch (Refusal e) {
            throw of(e);
        } catch (MillraceException e) {
            throw of(e);
        }
    }

    static AwsServiceException notImplemented(String message) {
        return of(new Refusal(Refusal.Reason.NOT_IMPLEMENTED, message));
    }

    static AwsServiceException denied() {
        return of(new Refusal(Refusal.Reason.ACCESS_DENIED, "Sign the request."));
    }

    private static AwsServiceException of(Refusal refusal) {
        AwsErrorDetails details =
                details(refusal.reason().status(), refusal.reason().label(), refusal.text());
        AwsServiceException.Builder builder =
                switch (refusal.reason()) {
                    // s3proxy knows these by their types.
                    case NO_SUCH_BUCKET -> NoSuchBucketException.builder();
                    case NO_SUCH_KEY -> NoSuchKeyException.builder();
                    case NO_SUCH_UPLOAD -> NoSuchUploadException.builder();
                    case BUCKET_EXISTS -> BucketAlreadyOwnedByYouException.builder();
                    case NOT_MODIFIED -> null;
                    default -> S3Exception.builder();
                };
        if (builder == null) {
            return S3Exceptions.fromStatusCode(refusal.reason().status());
        }
        return builder.message(refusal.text())
                .statusCode(refusal.reason().status())
                .awsErrorDetails(details)
                .cause(refusal)
                .build();
    }

    private static AwsServiceException of(MillraceException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof AwsServiceException known) {
                return known; // s3proxy's own word on what the client sent
            }
            if (cause instanceof EOFException) {
                return failure(e, new Answer(400, "IncompleteBody"));
            }
        }
        boolean isBusy = e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.OVERLOADED;
        if (isBusy) {
            return failure(e, new Answer(UNAVAILABLE, "ServiceUnavailable"));
        }
        LOG.error("A request to the embedded object store failed", e);
        return failure(e, new Answer(INTERNAL, "InternalError"));
    }

    private record Answer(int status, String code) {}

    private static AwsServiceException failure(MillraceException e, Answer answer) {
        return S3Exception.builder()
                .message(e.text())
                .statusCode(answer.status())
                .awsErrorDetails(details(answer.status(), answer.code(), e.text()))
                .cause(e)
                .build();
    }

    private static AwsErrorDetails details(int status, String code, String message) {
        return AwsErrorDetails.builder()
                .errorCode(code)
                .errorMessage(message)
                .sdkHttpResponse(SdkHttpResponse.builder().statusCode(status).build())
                .build();
    }
}
