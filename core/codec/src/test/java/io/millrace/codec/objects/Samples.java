package io.millrace.codec.objects;

/** Notifications as the stores send them. */
final class Samples {

    private Samples() {}

    static final String AWS =
            """
            {"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-west-2",
             "eventTime":"2024-05-01T12:00:00.123Z","eventName":"ObjectCreated:Put",
             "userIdentity":{"principalId":"AID"},
             "responseElements":{"x-amz-request-id":"C3D1","x-amz-id-2":"FMyU"},
             "s3":{"s3SchemaVersion":"1.0","configurationId":"conf1",
              "bucket":{"name":"mnist","arn":"arn:aws:s3:::mnist"},
              "object":{"key":"a+b%2Bc.png","size":324,"eTag":"ebed","versionId":"v1",
               "sequencer":"0055AED6DCD90281E5"}}}]}
            """;

    static final String MINIO =
            """
            {"EventName":"s3:ObjectCreated:Put","Key":"mnist/in/0 a.png","Records":[{
             "eventVersion":"2.0","eventSource":"minio:s3","awsRegion":"",
             "eventTime":"2024-05-01T12:00:00.000Z","eventName":"s3:ObjectCreated:Put",
             "requestParameters":{"principalId":"minio","sourceIPAddress":"127.0.0.1"},
             "responseElements":{"x-minio-origin-endpoint":"http://10.244.0.71:9000"},
             "s3":{"bucket":{"name":"mnist"},"object":{"key":"in%2F0+a.png","size":324,
              "eTag":"ebed","contentType":"image/png",
              "userMetadata":{"content-type":"image/png","X-Amz-Meta-Kind":"digit"},
              "sequencer":"15D8"}},"source":{"host":"","port":"","userAgent":""}}]}
            """;

    static final String OLD_MINIO =
            """
            {"EventType":"s3:ObjectCreated:Put","Key":"mnist/0.png","Records":[{
             "eventVersion":"2.0","eventSource":"minio:s3","eventTime":"2019-05-01T12:00:00Z",
             "s3":{"bucket":{"name":"mnist"},"object":{"key":"0.png","size":324,"eTag":"ebed",
              "versionId":"1","sequencer":"15D8"}}}],
             "level":"info","msg":"","time":"2019-05-01T12:00:00Z"}
            """;

    static final String OLD_CEPH =
            """
            {"Records":[{"eventVersion":"2.2","eventSource":"ceph:s3","awsRegion":"",
             "eventTime":"2021-02-19 02:03:08.330496Z","eventName":"s3:ObjectCreated:Put",
             "s3":{"bucket":{"name":"b","arn":"arn:aws:s3:::b","id":"503a.5332.38"},
              "object":{"key":"my photo+1%20.jpeg","size":108622,"etag":"819c","versionId":"",
               "sequencer":"5C1C",
               "metadata":[{"key":"x-amz-content-sha256","val":"UNSIGNED"},
                           {"key":"x-amz-meta-Kind","val":"photo"}],
               "tags":[{"key":"env","val":"prod"}]}},
             "eventId":"1613700188.340170.819c","opaqueData":"secret-1"}]}
            """;

    static final String CEPH =
            """
            {"Records":[{"eventVersion":"2.1","eventSource":"ceph:s3","awsRegion":"default",
             "eventTime":"2026-02-19T02:03:08.330496Z","eventName":"ObjectCreated:CompleteMultipartUpload",
             "responseElements":{"x-amz-request-id":"r1","x-amz-id-2":"i"},
             "s3":{"bucket":{"name":"b","arn":"arn:aws:s3:default::b"},
              "object":{"key":"a+b.jpg","size":"17","eTag":"819c","versionId":"",
               "sequencer":"5C1C","metadata":[],"tags":[]}}}]}
            """;

    static final String BRIDGE =
            """
            {"version":"0","id":"17793124","detail-type":"Object Created","source":"aws.s3",
             "account":"1","time":"2021-11-12T00:00:00Z","region":"ca-central-1",
             "detail":{"version":"0","bucket":{"name":"b"},
              "object":{"key":"a+b.jpg","size":5,"etag":"b1","version-id":"IYV3",
               "sequencer":"617f"},"reason":"CompleteMultipartUpload"}}
            """;

    static final String TEST =
            """
            {"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z",
             "Bucket":"b","RequestId":"5582","HostId":"8cLe"}
            """;

    /** A text as a JSON string. */
    static String quoted(String text) {
        return Notifications.JSON.writeValueAsString(text);
    }
}
