package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSize;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.SetUp;
import io.millrace.api.Manifest;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketSourceCodecTest {

    private static final String FIELD = "{name: up, bucket: mnist}";

    @Test
    void theEmbeddedStoreNeedsNothing() {
        DataSourceSpec spec = spec("{}", FIELD);
        assertThat(spec.connection()).isEqualTo(new Bucket());
        assertThat(spec.fields().getFirst().topic()).isEqualTo("mnist");
        assertThat(spec.fields().getFirst().objects()).contains(ObjectFilter.ALL);
    }

    @Test
    void everythingCanBeSaid() {
        DataSourceSpec spec =
                spec(
                        "{endpoint: \"http://minio:9000\", region: default, secret: minio, addressing: host,"
                                + " events: {http: {secret: sender, certificate: required}}, setUp: manual,"
                                + " address: \"http://millrace:5001/\", target: \"arn:minio:sqs::1:webhook\","
                                + " keys: raw, content: reference, limit: 1Mi}",
                        "{name: up, bucket: mnist, prefix: in/, suffix: .png, regex: \".*[0-9]\\\\.png\","
                                + " ignoreCase: true, metadata: {X-Amz-Meta-Kind: photo}, tags: {env: prod},"
                                + " events: [\"s3:ObjectCreated:Put\"], atLeast: 1, atMost: 10Mi,"
                                + " categories: {A: b}}");
        assertThat(spec.connection())
                .isEqualTo(
                        new Bucket(
                                Optional.of(
                                        new BucketConnection(
                                                "http://minio:9000",
                                                "default",
                                                Optional.of(new ResourceName("minio")),
                                                false)),
                                new DataSourceSpec.OverHttp(
                                        Optional.of(new ResourceName("sender")), true),
                                new SetUp(
                                        false,
                                        Optional.of("http://millrace:5001/"),
                                        Optional.of("arn:minio:sqs::1:webhook")),
                                DataSourceSpec.Keys.RAW,
                                DataSourceSpec.Content.REFERENCE,
                                DataSize.ofMebibytes(1)));
        assertThat(spec.fields().getFirst().objects())
                .contains(
                        new ObjectFilter(
                                "in/",
                                ".png",
                                true,
                                Optional.of(".*[0-9]\\.png"),
                                Map.of("kind", "photo"),
                                Map.of("env", "prod"),
                                List.of("ObjectCreated:Put"),
                                OptionalLong.of(1),
                                OptionalLong.of(10 << 20)));
    }

    @Test
    void eventsMayComeFromKafkaOrByLooking() {
        assertThat(bucket("{endpoint: aws, events: {kafka: {topic: news}}}").arrival())
                .isEqualTo(
                        new DataSourceSpec.OverKafka(Optional.empty(), "news", Optional.empty()));
        Bucket polled = bucket("{endpoint: aws, events: {poll: 5s}}");
        assertThat(polled.arrival()).isEqualTo(new DataSourceSpec.Polled(Duration.ofSeconds(5)));
        assertThat(polled.store().orElseThrow().endpoint()).isEmpty();
        assertThat(polled.setUp()).isEqualTo(SetUp.NONE);
        assertThat(bucket("{endpoint: aws, events: {http: {}}}").setUp().isAuto()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{events: {http: {}}}|the embedded store tells of its objects itself",
                "{secret: s}|only another store has it",
                "{endpoint: 'http://s3'}|missing 'events'",
                "{endpoint: 'http://s3', events: {http: {}, poll: 3s}}|only one of http, poll is allowed",
                "{endpoint: 'http://s3', events: {poll: 1ms}}|must be from 1s",
                "{endpoint: 'http://s3', events: {poll: 3s}, setUp: auto}|the store sends nothing",
                "{endpoint: 'http://a:b@s3', events: {poll: 3s}}|must not hold a password",
                "{endpoint: 'ftp://s3', events: {poll: 3s}}|expected http://host:port",
                "{endpoint: 's3:9000', events: {poll: 3s}}|expected http://host:port",
                "{endpoint: 'http://s3/x', events: {poll: 3s}}|expected http://host:port",
                "{endpoint: 'http://s3', region: 'a b', events: {poll: 3s}}|a region has letters",
                "{endpoint: 'http://s3', events: {kafka: {topic: 'a b'}}}|a Kafka topic has",
                "{endpoint: 'http://s3', events: {kafka: {topic: t}}, setUp: auto}|name what it has in 'target'",
                "{endpoint: 'http://s3', events: {http: {}}, target: x}|expected the ARN",
                "{limit: 2Gi}|must be from 1 to 512Mi",
                "{limt: 2Mi}|unknown field 'limt'",
            })
    void aWrongStoreIsExplained(String connection, String problem) {
        assertThat(problems(connection, FIELD)).anyMatch(text -> text.contains(problem));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{name: a}|missing 'bucket'",
                "{name: a, topic: b}|unknown field 'topic'",
                "{name: a, bucket: 'a/b'}|name has 3 to 63",
                "{name: a, bucket: '../etc'}|name has 3 to 63",
                "{name: a, bucket: 'x..y'}|name has 3 to 63",
                "{name: a, bucket: abc, regex: '(a'}|not a regular expression: Unclosed group",
                "{name: a, bucket: abc, events: [Uploaded now]}|expected the name of an event",
                "{name: a, bucket: abc, events: []}|must not be empty",
                "{name: a, bucket: abc, atLeast: 5, atMost: 4}|no object is at least as large",
            })
    void aWrongFieldIsExplained(String field, String problem) {
        assertThat(problems("{}", field)).anyMatch(text -> text.contains(problem));
    }

    @Test
    void severalFieldsMayTakeObjectsOfOneBucket() {
        assertThat(spec("{}", FIELD + ", {name: b, bucket: mnist, suffix: .jpg}").fields())
                .hasSize(2);
    }

    private static Bucket bucket(String connection) {
        return (Bucket) spec(connection, FIELD).connection();
    }

    private static DataSourceSpec spec(String connection, String fields) {
        return (DataSourceSpec) read(connection, fields).getFirst().spec();
    }

    private static List<Manifest<?>> read(String connection, String fields) {
        return ResourceReader.forServer(new ProjectId("p"))
                .read(
                        "a.yaml",
                        """
                        apiVersion: millrace.io/v1
                        kind: DataSource
                        metadata: {name: a}
                        spec:
                          bucket: %s
                          fields: [%s]
                        """
                                .formatted(connection, fields));
    }

    private static List<String> problems(String connection, String fields) {
        try {
            read(connection, fields);
            return List.of();
        } catch (ResourceProblems e) {
            return e.problems().stream().map(Problem::message).toList();
        }
    }
}
