package io.millrace.connector.s3;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

/**
 * Calls that the S3 client does not know, or whose bodies it would not give back whole, signed with
 * the same credentials.
 */
final class SignedCalls implements AutoCloseable {

    private static final int LONGEST_ANSWER = 4 << 20;

    private final SdkHttpClient http;
    private final String region;
    private final AwsCredentials credentials;
    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

    SignedCalls(SdkHttpClient http, String region, AwsCredentials credentials) {
        this.http = http;
        this.region = region;
        this.credentials = credentials;
    }

    /** What came back. */
    record Answer(int status, byte[] body) {
        boolean isGood() {
            return status >= 200 && status < 300;
        }
    }

    /**
     * Asks.
     *
     * @param service for the signature: {@code s3} or {@code sns}
     * @throws MillraceException {@code UNAVAILABLE} when nothing answers
     */
    Answer call(
            SdkHttpMethod method,
            String service,
            URI address,
            Map<String, String> query,
            String contentType,
            byte[] body) {
        var request = SdkHttpRequest.builder().method(method).uri(address);
        query.forEach(request::putRawQueryParameter);
        if (body.length > 0) {
            request.putHeader("Content-Type", contentType);
            request.putHeader("Content-MD5", md5(body));
            request.putHeader("Content-Length", Integer.toString(body.length));
        }
        var signed =
                signer.sign(r ->
                        r.identity(credentials)
                                .request(request.build())
                                .payload(() -> new ByteArrayInputStream(body))
                                .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, service)
                                .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                                .putProperty(
                                        AwsV4FamilyHttpSigner.DOUBLE_URL_ENCODE,
                                        !service.equals("s3"))
                                .putProperty(AwsV4FamilyHttpSigner.NORMALIZE_PATH, false));
        var execute = HttpExecuteRequest.builder().request(signed.request());
        signed.payload().filter(_ -> body.length > 0).ifPresent(execute::contentStreamProvider);
        try {
            HttpExecuteResponse response = http.prepareRequest(execute.build()).call();
            byte[] answer = {};
            if (response.responseBody().isPresent()) {
                try (var in = response.responseBody().get()) {
                    answer = in.readNBytes(LONGEST_ANSWER);
                }
            }
            return new Answer(response.httpResponse().statusCode(), answer);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the object store cannot be reached: " + e.getMessage(),
                    e);
        }
    }

    private static String md5(byte[] body) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this JDK has no MD5", e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
