package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class CallRecordsTest {

    @Test
    void aCallOfAModelSaysOfWhichRecordsItsItemsAreMade() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            var calls = new ArrayList<List<Long>>();
            world.models.before(call -> {
                var offsets = new ArrayList<Long>();
                for (int item = 0; item < EchoModel.items(call); item++) {
                    offsets.add(Objects.requireNonNull(call.records().record(item)).offset());
                }
                calls.add(offsets);
            });
            world.put("{\"x\":[1,2]}", "no json", "{\"x\":[666,0]}", "{\"x\":[2,1]}")
                    .task()
                    .doWork();

            // All that can be read, then the halves of the call that failed.
            assertThat(calls.getFirst()).containsExactly(0L, 2L, 3L);
            assertThat(calls).contains(List.of(0L), List.of(2L), List.of(3L));
        }
    }
}
