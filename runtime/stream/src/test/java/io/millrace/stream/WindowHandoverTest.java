package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.PipelineSpec.WindowStep;
import io.millrace.spi.LogRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tasks that start, stop, hand the partition over and read records again: each record has the
 * window that it would have if one task had seen all records once.
 */
class WindowHandoverTest {

    private static final int RECORDS = 150;
    private static final WindowStep STEP =
            new WindowStep(
                    List.of("s"),
                    "v",
                    Optional.of("t"),
                    TimeUnit.SECONDS,
                    4,
                    1,
                    3,
                    "n",
                    Optional.of(Duration.ofSeconds(30)),
                    Duration.ofHours(1));

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void whoeverHandlesARecordGivesItTheSameWindow(long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (var world = new TaskWorld(aPipeline().step(STEP).to("out").plan())) {
            for (int i = 0; i < RECORDS; i++) {
                world.put(reading(random, i));
            }
            List<LogRecord> records = world.log.records(Plans.INPUT);
            List<String> expected;
            try (var alone = stage(world)) {
                expected = answers(alone, records);
            }
            assertThat(expected)
                    .filteredOn(answer -> answer.startsWith("{"))
                    .hasSizeGreaterThan(20);
            var tasks = new ArrayList<>(List.of(stage(world), stage(world)));
            for (int turn = 0; turn < 60; turn++) {
                int task = random.nextInt(2);
                if (random.nextInt(8) == 0) {
                    tasks.get(task).close();
                    tasks.set(task, stage(world));
                }
                int from = random.nextInt(RECORDS);
                int to = Math.min(RECORDS, from + 1 + random.nextInt(12));
                assertThat(answers(tasks.get(task), records.subList(from, to)))
                        .as("seed %d, turn %d, records %d to %d", seed, turn, from, to)
                        .isEqualTo(expected.subList(from, to));
            }
            tasks.forEach(WindowStage::close);
        }
    }

    private static String reading(RandomGenerator random, int index) {
        if (random.nextInt(20) == 0) {
            return "no reading";
        }
        long time = 100 + 5L * index - random.nextLong(3) * random.nextLong(30);
        return "{\"s\":%d,\"t\":%d,\"v\":%d}"
                .formatted(random.nextInt(3), time, random.nextInt(100));
    }

    private static WindowStage stage(TaskWorld world) {
        return new WindowStage("step 1 window", STEP, world.log, world.control, world.meters);
    }

    /** The window of each record, {@code filtered}, or why it failed. */
    private static List<String> answers(WindowStage stage, List<LogRecord> records) {
        var batch = new Batch();
        var verdicts = new Verdicts();
        batch.start(records);
        verdicts.start(records.size());
        var pending = new int[records.size()];
        for (int i = 0; i < pending.length; i++) {
            pending[i] = i;
        }
        stage.attempt(batch, pending, pending.length, verdicts);
        var answers = new ArrayList<String>();
        batch.beginItems();
        for (int i = 0; i < pending.length; i++) {
            boolean isGood = verdicts.code(i) == null;
            answers.add(isGood ? "filtered" : verdicts.code(i) + ": " + verdicts.reason(i));
            if (isGood) {
                verdicts.addTo(batch, i, new Trails());
            }
        }
        batch.endItems();
        for (int item = 0; item < batch.size(); item++) {
            answers.set(batch.origin(item), TaskWorld.text(batch.payload(item)));
        }
        return answers;
    }
}
