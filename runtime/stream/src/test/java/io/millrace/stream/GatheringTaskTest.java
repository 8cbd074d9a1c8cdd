package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What an output gathers is not done: its position is committed when all of it is stored. */
class GatheringTaskTest {

    private static TaskWorld world(int records) {
        var world = new TaskWorld(aPipeline().to("out").plan());
        world.sink.gathering(records);
        world.rebuild();
        return world;
    }

    @Test
    void commitsNothingBeforeItIsStored() {
        try (TaskWorld world = world(5)) {
            world.put("a", "b", "c").task().doWork();
            assertThat(world.outputs()).isEmpty();
            assertThat(world.committed()).isZero();

            world.put("d", "e").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "b", "c", "d", "e");
            assertThat(world.committed()).isEqualTo(5);
        }
    }

    @Test
    void whatWasHeldInACrashComesAgain() {
        try (TaskWorld world = world(5)) {
            world.put("a", "b", "c").task().doWork();
            world.rebuild();
            world.put("d", "e").task().doWork();

            assertThat(world.outputs()).containsExactly("a", "b", "c", "d", "e");
            assertThat(world.committed()).isEqualTo(5);
        }
    }

    @Test
    void aTaskThatEndsInPeaceStoresWhatItHolds() {
        try (TaskWorld world = world(5)) {
            world.put("a", "b").task().doWork();
            world.task().storeBeforeItEnds();

            assertThat(world.outputs()).containsExactly("a", "b");
            assertThat(world.committed()).isEqualTo(2);
        }
    }

    @Test
    void aTaskThatEndsWhileTheStoreIsAwayLeavesItToTheNext() {
        try (TaskWorld world = world(5)) {
            world.put("a", "b").task().doWork();
            world.sink.failing(_ -> {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "503");
            });
            world.task().storeBeforeItEnds();
            assertThat(world.committed()).isZero();

            world.sink.failing(_ -> java.util.List.of());
            world.rebuild();
            world.put("c", "d", "e").task().doWork();
            assertThat(world.outputs()).containsExactly("a", "b", "c", "d", "e");
        }
    }

    @Test
    void waitsForAStoreThatIsAwayWhateverItSays() {
        try (TaskWorld world = world(2)) {
            var tries = new AtomicInteger();
            world.sink.failing(batch -> {
                if (tries.incrementAndGet() <= 3) {
                    throw new MillraceException(ErrorCode.DENIED, "no rights yet");
                }
                return java.util.List.of();
            });
            world.put("a", "b").task().doWork();

            assertThat(tries).hasValue(4);
            assertThat(world.outputs()).containsExactly("a", "b");
            assertThat(world.committed()).isEqualTo(2);
            assertThat(world.deadLetters()).isEmpty();
        }
    }
}
