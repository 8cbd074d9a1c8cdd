package io.millrace.embedded.s3.awssdk;

import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * What who does not sign gets to see: nothing, not even whether something is there. s3proxy asks
 * for the access of a bucket or object before it does anything for such a client.
 */
final class Strangers extends ForwardingBlobStore {

    Strangers(BlobStore nothing) {
        super(nothing);
    }

    @Override
    public BucketCannedACL getContainerAccess(String bucket) {
        throw S3Errors.denied();
    }

    @Override
    public HeadBucketResponse headBucket(HeadBucketRequest request) {
        throw S3Errors.denied();
    }

    @Override
    public ObjectCannedACL getBlobAccess(String bucket, String key) {
        throw S3Errors.denied();
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, java.io.InputStream payload) {
        throw S3Errors.denied();
    }
}
