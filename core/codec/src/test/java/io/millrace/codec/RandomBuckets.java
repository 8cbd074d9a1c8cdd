package io.millrace.codec;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSize;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.SetUp;
import io.millrace.api.KafkaConnection;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ResourceName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/** Makes valid bucket data sources. */
final class RandomBuckets {

    private final RandomGenerator random;

    RandomBuckets(RandomGenerator random) {
        this.random = random;
    }

    /** A source that may read from a cluster or name a secret. */
    Bucket source(KafkaConnection cluster, String name) {
        var secret = random.nextBoolean() ? Optional.of(new ResourceName(name)) : noName();
        var limit = new DataSize(1 + random.nextInt(1 << 26));
        var store = Optional.of(connection(secret));
        var keys = random.nextBoolean() ? DataSourceSpec.Keys.AUTO : DataSourceSpec.Keys.RAW;
        return switch (random.nextInt(4)) {
            case 0 ->
                    new Bucket(
                            Optional.empty(),
                            new DataSourceSpec.Inside(),
                            SetUp.NONE,
                            DataSourceSpec.Keys.AUTO,
                            content(),
                            limit);
            case 1 ->
                    new Bucket(
                            store,
                            new DataSourceSpec.OverHttp(secret, random.nextBoolean()),
                            new SetUp(
                                    random.nextBoolean(),
                                    maybe("http://millrace:5001/a"),
                                    maybe("arn:minio:sqs::1:webhook")),
                            keys,
                            content(),
                            limit);
            case 2 ->
                    new Bucket(
                            store,
                            new DataSourceSpec.OverKafka(
                                    random.nextBoolean() ? Optional.of(cluster) : Optional.empty(),
                                    name,
                                    maybe(name)),
                            new SetUp(
                                    random.nextBoolean(),
                                    Optional.empty(),
                                    Optional.of("arn:minio:sqs::1:kafka")),
                            keys,
                            content(),
                            limit);
            default ->
                    new Bucket(
                            store,
                            new DataSourceSpec.Polled(
                                    Duration.ofSeconds(1 + random.nextInt(10_000))),
                            SetUp.NONE,
                            keys,
                            content(),
                            limit);
        };
    }

    private BucketConnection connection(Optional<ResourceName> secret) {
        return new BucketConnection(
                random.nextBoolean() ? "" : "https://minio.example.com:9000",
                random.nextBoolean() ? "us-east-1" : "default",
                secret,
                random.nextBoolean());
    }

    /** Which objects count. */
    ObjectFilter filter() {
        return new ObjectFilter(
                random.nextBoolean() ? "" : "in: #1/",
                random.nextBoolean() ? "" : ".png",
                random.nextBoolean(),
                maybe("[a-z]+\\.(png|jpe?g)"),
                random.nextBoolean() ? Map.of() : Map.of("camera", "no"),
                random.nextBoolean() ? Map.of() : Map.of("env", "12"),
                random.nextBoolean()
                        ? ObjectFilter.CREATED
                        : List.of("ObjectCreated:Put", "ObjectRemoved:*", "*"),
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(0),
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(1 << 20));
    }

    private DataSourceSpec.Content content() {
        return random.nextBoolean()
                ? DataSourceSpec.Content.INLINE
                : random.nextBoolean()
                        ? DataSourceSpec.Content.AUTO
                        : DataSourceSpec.Content.REFERENCE;
    }

    private Optional<String> maybe(String text) {
        return random.nextBoolean() ? Optional.empty() : Optional.of(text);
    }

    private static Optional<ResourceName> noName() {
        return Optional.empty();
    }
}
