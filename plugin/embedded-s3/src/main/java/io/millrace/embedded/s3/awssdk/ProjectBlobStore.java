package io.millrace.embedded.s3.awssdk;

import static io.millrace.embedded.s3.awssdk.S3Errors.translated;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.embedded.s3.depot.Conditions;
import io.millrace.embedded.s3.depot.Depot;
import io.millrace.embedded.s3.depot.Listing;
import io.millrace.embedded.s3.depot.Refusal;
import io.millrace.embedded.s3.depot.Refusal.Reason;
import io.millrace.embedded.s3.depot.StoredObject;
import io.millrace.embedded.s3.depot.Uploads;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.SdkResponses;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListBucketsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.StorageClass;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** The buckets of one project for s3proxy. */
final class ProjectBlobStore implements BlobStore {

    private static final int MOST_KEYS = 1000;
    private static final String NOTHING_PUBLIC =
            "nothing in this store is public; give who needs it a presigned address";

    private final Depot depot;
    private final ProjectId project;

    ProjectBlobStore(Depot depot, ProjectId project) {
        this.depot = depot;
        this.project = project;
    }

    // Buckets

    @Override
    public ListBucketsResponse list() {
        List<Bucket> buckets =
                translated(() -> depot.buckets(project)).stream()
                        .map(bucket -> SdkResponses.bucket(bucket.name(), bucket.made()))
                        .toList();
        return ListBucketsResponse.builder().buckets(buckets).build();
    }

    @Override
    public HeadBucketResponse headBucket(HeadBucketRequest request) {
        return translated(() -> {
            requireBucket(request.bucket());
            return HeadBucketResponse.builder().build();
        });
    }

    private void requireBucket(String bucket) {
        if (!depot.hasBucket(project, bucket)) {
            throw new Refusal(Reason.NO_SUCH_BUCKET, "The specified bucket does not exist.");
        }
    }

    @Override
    public CreateBucketResponse createContainer(CreateBucketRequest request) {
        refusePublic(request.acl() == null || request.acl() == BucketCannedACL.PRIVATE);
        return translated(() -> {
            if (!depot.makeBucket(project, request.bucket())) {
                throw new Refusal(Reason.BUCKET_EXISTS, "The project has the bucket already.");
            }
            return CreateBucketResponse.builder().build();
        });
    }

    @Override
    public void deleteBucket(String bucket) {
        translated(() -> {
            depot.deleteBucket(project, bucket);
            return true;
        });
    }

    @Override
    public BucketCannedACL getContainerAccess(String bucket) {
        return translated(() -> {
            requireBucket(bucket);
            return BucketCannedACL.PRIVATE;
        });
    }

    @Override
    public void setContainerAccess(String bucket, BucketCannedACL access) {
        getContainerAccess(bucket);
        refusePublic(access == BucketCannedACL.PRIVATE);
    }

    // Objects

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        String token = request.continuationToken();
        var listing =
                new Listing(
                        orEmpty(request.prefix()),
                        orEmpty(request.delimiter()),
                        orEmpty(token == null ? request.startAfter() : token),
                        request.maxKeys() == null ? MOST_KEYS : request.maxKeys());
        Listing.Page page = translated(() -> depot.list(project, request.bucket(), listing));
        return SdkResponses.objectsPage(
                page.objects().stream()
                        .map(object ->
                                SdkResponses.objectEntry(
                                        object.key(),
                                        Headers.quoted(object.etag()),
                                        object.modified(),
                                        object.size(),
                                        StorageClass.STANDARD))
                        .toList(),
                page.prefixes().stream().map(SdkResponses::commonPrefix).toList(),
                page.next().orElse(null));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream payload) {
        refusePublic(request.acl() == null || request.acl() == ObjectCannedACL.PRIVATE);
        StoredObject stored =
                translated(() ->
                        depot.put(
                                project,
                                new Depot.Upload(
                                        request.bucket(),
                                        request.key(),
                                        payload,
                                        request.contentLength() == null
                                                ? -1
                                                : request.contentLength(),
                                        request.contentMD5(),
                                        Headers.of(request),
                                        Headers.metadata(request.metadata()),
                                        Conditions.ofWrite(
                                                request.ifMatch(), request.ifNoneMatch()))));
        return SdkResponses.putResponse(Headers.quoted(stored.etag()));
    }

    @Override
    public CopyObjectResponse copyBlob(CopyObjectRequest request) {
        refusePublic(request.acl() == null || request.acl() == ObjectCannedACL.PRIVATE);
        boolean replaces = request.metadataDirective() == MetadataDirective.REPLACE;
        Optional<Depot.Replaced> replaced =
                replaces
                        ? Optional.of(
                                new Depot.Replaced(
                                        Headers.of(request), Headers.metadata(request.metadata())))
                        : Optional.empty();
        var copy =
                new Depot.Copy(
                        request.sourceBucket(),
                        request.sourceKey(),
                        new Conditions(
                                request.copySourceIfMatch(),
                                request.copySourceIfNoneMatch(),
                                request.copySourceIfModifiedSince(),
                                request.copySourceIfUnmodifiedSince()),
                        request.destinationBucket(),
                        request.destinationKey(),
                        replaced);
        StoredObject stored = translated(() -> depot.copy(project, copy));
        return SdkResponses.copyResponse(Headers.quoted(stored.etag()), stored.modified());
    }

    @Override
    public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
        StoredObject object =
                translated(() -> depot.head(project, request.bucket(), request.key()));
        return SdkResponses.toHead(Headers.response(object).build());
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        return translated(() -> {
            Depot.Opened opened =
                    depot.open(
                            project,
                            request.bucket(),
                            request.key(),
                            new Conditions(
                                    request.ifMatch(),
                                    request.ifNoneMatch(),
                                    request.ifModifiedSince(),
                                    request.ifUnmodifiedSince()));
            try {
                return content(opened, request.range());
            } catch (IOException e) {
                close(opened.content(), e);
                throw MillraceException.internal("cannot read the object: " + e, e);
            } catch (RuntimeException e) {
                close(opened.content(), e);
                throw e;
            }
        });
    }

    private static void close(FileChannel content, Exception after) {
        try {
            content.close();
        } catch (IOException e) {
            after.addSuppressed(e);
        }
    }

    private static ResponseInputStream<GetObjectResponse> content(
            Depot.Opened opened, @Nullable String range) throws IOException {
        StoredObject object = opened.object();
        if (opened.content().size() != object.size()) {
            throw MillraceException.internal(
                    "the content of the object is damaged: %d bytes are left of %d; store it again"
                            .formatted(opened.content().size(), object.size()),
                    null);
        }
        GetObjectResponse.Builder response = Headers.response(object);
        // A range of nothing is nothing: S3 answers 416, but clients ask for it of empty objects.
        if (range == null) {
            return SdkResponses.getResponse(
                    response.build(),
                    new BufferedInputStream(Channels.newInputStream(opened.content())));
        }
        ByteRange part = ByteRange.parse(range, object.size());
        opened.content().position(part.first());
        return SdkResponses.getResponse(
                response.contentLength(part.length())
                        .contentRange(part.header(object.size()))
                        .build(),
                new LimitedInputStream(
                        new BufferedInputStream(Channels.newInputStream(opened.content())),
                        part.length()));
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
        return translated(() -> {
            depot.delete(
                    project,
                    request.bucket(),
                    request.key(),
                    there -> {
                        checkDelete(request, there);
                        return true;
                    });
            return DeleteObjectResponse.builder().build();
        });
    }

    private static void checkDelete(DeleteObjectRequest request, StoredObject there) {
        boolean isMeant =
                (request.ifMatch() == null
                                || request.ifMatch().equals("*")
                                || Conditions.bare(request.ifMatch()).equals(there.etag()))
                        && (request.ifMatchSize() == null || request.ifMatchSize() == there.size())
                        && (request.ifMatchLastModifiedTime() == null
                                || request.ifMatchLastModifiedTime()
                                        .truncatedTo(ChronoUnit.SECONDS)
                                        .equals(there.modified().truncatedTo(ChronoUnit.SECONDS)));
        if (!isMeant) {
            throw new Refusal(
                    Reason.PRECONDITION_FAILED, "the object is not what the request expects");
        }
    }

    @Override
    public ObjectCannedACL getBlobAccess(String bucket, String key) {
        return translated(() -> {
            depot.head(project, bucket, key);
            return ObjectCannedACL.PRIVATE;
        });
    }

    @Override
    public void setBlobAccess(String bucket, String key, ObjectCannedACL access) {
        getBlobAccess(bucket, key);
        refusePublic(access == ObjectCannedACL.PRIVATE);
    }

    private static void refusePublic(boolean isPrivate) {
        if (!isPrivate) {
            throw S3Errors.notImplemented(NOTHING_PUBLIC);
        }
    }

    // Uploads in parts

    @Override
    public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
        refusePublic(request.acl() == null || request.acl() == ObjectCannedACL.PRIVATE);
        String id =
                translated(() ->
                        depot.uploads()
                                .begin(
                                        project,
                                        request.bucket(),
                                        request.key(),
                                        Headers.of(request),
                                        Headers.metadata(request.metadata())));
        return new MultipartUpload(id, request);
    }

    @Override
    public void abortMultipartUpload(MultipartUpload upload) {
        translated(() -> {
            depot.uploads().abort(project, upload.containerName(), upload.blobName(), upload.id());
            return true;
        });
    }

    @Override
    public UploadPartResponse uploadMultipartPart(
            MultipartUpload upload, UploadPartRequest request, InputStream content) {
        Uploads.Part part =
                translated(() ->
                        depot.uploads()
                                .put(
                                        project,
                                        upload.containerName(),
                                        upload.blobName(),
                                        upload.id(),
                                        request.partNumber(),
                                        content,
                                        request.contentLength() == null
                                                ? -1
                                                : request.contentLength(),
                                        request.contentMD5()));
        return SdkResponses.uploadedPart(Headers.quoted(part.etag()));
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload upload, CompleteMultipartUploadRequest request) {
        Map<Integer, String> parts = new TreeMap<>();
        request.multipartUpload()
                .parts()
                .forEach(part -> parts.put(part.partNumber(), part.eTag()));
        StoredObject stored =
                translated(() ->
                        depot.uploads()
                                .complete(
                                        depot,
                                        project,
                                        upload.containerName(),
                                        upload.blobName(),
                                        upload.id(),
                                        parts,
                                        Conditions.ofWrite(
                                                request.ifMatch(), request.ifNoneMatch())));
        return SdkResponses.completeResponse(Headers.quoted(stored.etag()));
    }

    @Override
    public List<Part> listMultipartUpload(MultipartUpload upload) {
        // s3proxy expects none of an upload that is gone, and says the rest itself.
        try {
            return depot
                    .uploads()
                    .parts(project, upload.containerName(), upload.blobName(), upload.id())
                    .stream()
                    .map(part ->
                            SdkResponses.part(
                                    part.number(),
                                    part.size(),
                                    Headers.quoted(part.etag()),
                                    part.modified()))
                    .toList();
        } catch (Refusal e) {
            if (e.reason() == Reason.NO_SUCH_UPLOAD) {
                return List.of();
            }
            return translated(() -> {
                throw e;
            });
        }
    }

    @Override
    public List<software.amazon.awssdk.services.s3.model.MultipartUpload> listMultipartUploads(
            String bucket) {
        return translated(() -> depot.uploads().pending(project, bucket)).stream()
                .map(pending -> SdkResponses.upload(pending.id(), pending.key(), pending.begun()))
                .toList();
    }

    @Override
    public long getMinimumMultipartPartSize() {
        return 1;
    }
}
