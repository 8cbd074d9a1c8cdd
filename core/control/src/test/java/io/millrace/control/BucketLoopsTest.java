package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ObjectFilter;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.ResourceName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketLoopsTest {

    private static final BucketConnection ELSEWHERE =
            new BucketConnection("http://minio:9000", "us-east-1", Optional.empty(), true);

    private final World world = new World();

    private static Manifest<DataSourceSpec> uploads(String bucket, String prefix, String suffix) {
        var filter =
                new ObjectFilter(
                        prefix,
                        suffix,
                        false,
                        Optional.empty(),
                        Map.of(),
                        Map.of(),
                        ObjectFilter.CREATED,
                        OptionalLong.empty(),
                        OptionalLong.empty());
        var field = new Field(new ResourceName("objects"), bucket, Map.of(), Optional.of(filter));
        return Given.manifest(
                Given.key(Kind.DATA_SOURCE, "uploads"),
                new DataSourceSpec(new Bucket(), List.of(field), Map.of()));
    }

    private List<Refusal> check(Manifest<?> source, PipelineSpec.Output output) {
        return Admission.check(
                world.store.image(),
                List.of(
                        Given.project(),
                        source,
                        Given.pipeline("p", Given.dataSource("uploads"), output)));
    }

    @ParameterizedTest
    @CsvSource({
        // action, bucket, key, suffix and prefix of the field in bucket "in"
        "PUT, in, '{key}.json', '', ''",
        "PUT, in, results/x.png, .png, results/",
        "PUT, '{bucket}', '{key}.json', '', ''",
        "COPY, in, 'again/{key}', .png, ''",
        "MOVE, in, '{key}', .png, up/",
        "PUT, in, 'up/{label}', '', up/"
    })
    void objectsThatComeBackAreRefused(
            BucketAction action, String bucket, String key, String suffix, String prefix) {
        assertThat(check(uploads("in", prefix, suffix), new BucketOutput(action, bucket, key)))
                .singleElement()
                .satisfies(refusal ->
                        assertThat(refusal.message())
                                .contains("records would go in a circle")
                                .contains("bucket '" + bucket + "'")
                                .contains("data source uploads/objects"));
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, in, '{key}.json', .png, ''",
        "PUT, out, '{key}.json', '', ''",
        "COPY, 'digit-{label}', '{key}', .png, ''",
        "COPY, in, 'done/{key}', .png, up/",
        "PUT, in, '{label}/x', '', up/",
        "DELETE, '', '', '', ''"
    })
    void objectsThatDoNotComeBackAreFine(
            BucketAction action, String bucket, String key, String suffix, String prefix) {
        assertThat(check(uploads("in", prefix, suffix), new BucketOutput(action, bucket, key)))
                .isEmpty();
    }

    @Test
    void anotherStoreIsAnotherBucket() {
        var output =
                new BucketOutput(
                        BucketAction.COPY,
                        "in",
                        "{key}",
                        Optional.of(ELSEWHERE),
                        true,
                        Optional.empty());

        assertThat(check(uploads("in", "", ""), output)).isEmpty();
    }
}
