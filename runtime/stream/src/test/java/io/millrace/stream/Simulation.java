package io.millrace.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.api.MillraceException;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.Tracing;
import io.millrace.stream.tap.Taps;
import io.millrace.testkit.DeliveryOracle;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.FakeSink;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.LogFaults;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import io.millrace.testkit.TransactionFaults;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * A whole life of a pipeline in one thread and simulated time: a producer, two tasks of one group,
 * a log that acknowledges late and loses acknowledgements, functions, models and sinks that fail,
 * tasks and the process that crash anywhere. Everything comes from one seed.
 *
 * <p>In a {@link Life} with changing members tasks leave and come back as well; in one with exactly
 * once each slice is a transaction, and tasks are put out and replaced in the middle of theirs.
 */
final class Simulation {

    private static final String OUTPUT_TOPIC = "results";
    private static final int MAX_RECORDS = 8;
    private static final int RECORDS = 80;
    private static final int STEPS = 120;
    private static final int CALM_STEPS = 400;

    /** What kind of life it is. */
    enum Life {
        USUAL(2),
        CHANGING_MEMBERS(3),
        EXACTLY_ONCE(3);

        private final int tasks;

        Life(int tasks) {
            this.tasks = tasks;
        }
    }

    private final Life life;
    private final RandomGenerator random;
    private final Mishaps mishaps;

    private final TestingTime time = new TestingTime();
    private final InMemoryStreamLog log;
    private final FakeSink sink = new FakeSink();
    private final FakeFunctionRuntime functions = new FakeFunctionRuntime();
    private final FakeModelServing models = EchoModel.serving();
    private final RecordingMeters recording = new RecordingMeters();
    private final DeliveryOracle oracle;
    private final PipelinePlan plan;
    private final boolean isToLog;
    private final TaskContext context;
    private final PipelineMeters meters;
    private final @Nullable PipelineTask[] tasks;
    private final TaskControl[] controls;
    private final boolean[] isAway;
    private int produced;
    private int crashes;
    private int takeOvers;
    private int working = -1;

    Simulation(long seed) {
        this(seed, Life.USUAL);
    }

    Simulation(long seed, Life life) {
        this.life = life;
        tasks = new PipelineTask[life.tasks];
        controls = new TaskControl[life.tasks];
        isAway = new boolean[life.tasks];
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        mishaps =
                new Mishaps(
                        random,
                        RandomGeneratorFactory.of("L64X128MixRandom").create(~seed),
                        OUTPUT_TOPIC,
                        MAX_RECORDS);
        log = InMemoryStreamLog.stepped(time, 1 + random.nextInt(4));
        isToLog = random.nextInt(4) == 0 || isExact();
        // The log goes on with what is behind an append that it loses.
        oracle = isToLog && !isExact() ? DeliveryOracle.ofRepairedOrder() : new DeliveryOracle();
        plan = plan();
        context =
                new TaskContext(
                        log,
                        models,
                        functions,
                        List.of(sink),
                        time,
                        new Stepping(),
                        "node",
                        MAX_RECORDS,
                        new ReplyTopics(),
                        new Taps(time, recording),
                        Tracing.OFF);
        meters = new PipelineMeters(recording, plan.pipeline());
        log.ensureTopics(Set.of(Plans.INPUT, Plans.DEAD, OUTPUT_TOPIC));
        log.withFaults(
                new LogFaults(
                        mishaps::losesAppend,
                        mishaps::losesAcknowledgement,
                        mishaps::delaysCommit,
                        mishaps::failsPoll));
        sink.failing(mishaps::sinkVerdict).afterwards(mishaps::afterSinkWrite);
        functions.define(mishaps::function);
        models.before(_ -> mishaps.mayBeAway("model"))
                .describing(() -> mishaps.mayBeAway("description"));
        log.withTransactionFaults(mishaps.transactionFaults());
        for (int i = 0; i < tasks.length; i++) {
            controls[i] = new TaskControl(time, plan.inputs(), () -> {});
        }
    }

    private boolean isExact() {
        return life == Life.EXACTLY_ONCE;
    }

    private PipelinePlan plan() {
        var pipeline = Plans.aPipeline();
        int steps = random.nextInt(4);
        if ((steps & 1) != 0) {
            pipeline.function();
        }
        if ((steps & 2) != 0) {
            pipeline.model();
        }
        if (isToLog) {
            pipeline.toLog(OUTPUT_TOPIC);
        } else {
            pipeline.to("out/{topic}");
        }
        if (isExact()) {
            pipeline.exactlyOnce();
        }
        return pipeline.onError(3, random.nextInt(4) > 0).tasks(tasks.length).plan();
    }

    /** Waiting for the log means that the log goes on. */
    private final class Stepping implements Parking {
        @Override
        public void park() {
            mishaps.mayCrash();
            if (isExact() && isUpset()) {
                return;
            }
            if (!log.step(random)) {
                throw new AssertionError("a task waits, and the log has nothing to do");
            }
        }

        @Override
        public void unpark(Thread thread) {}
    }

    /** In the middle of a transaction: its time is up, or another process has taken over. */
    private boolean isUpset() {
        if (mishaps.happens(0.005)) {
            log.expireTransactions();
        }
        if (working < 0 || !mishaps.happens(0.01)) {
            return false;
        }
        int index = working;
        takeOvers++;
        tasks[index] = null;
        work(index);
        working = index;
        return true;
    }

    // ---- the run

    /** Runs to the end; the problems that the oracle found, none when all is well. */
    List<String> run() {
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        mishaps.end();
        for (int i = 0; i < CALM_STEPS && !isDone(); i++) {
            step();
        }
        // A delayed commit becomes durable when its member leaves.
        for (PipelineTask task : tasks) {
            if (task != null) {
                task.close();
            }
        }
        return judge();
    }

    int crashes() {
        return crashes;
    }

    /** How often a task was replaced in the middle of a transaction. */
    int takeOvers() {
        return takeOvers;
    }

    /** Has the log break what it promises of transactions. */
    void withTransactions(UnaryOperator<TransactionFaults> change) {
        log.withTransactionFaults(change.apply(mishaps.transactionFaults()));
    }

    DeliveryOracle oracle() {
        return oracle;
    }

    /** Makes the sink lie. */
    void losing(BooleanSupplier when) {
        sink.losing(when);
    }

    FakeSink sink() {
        return sink;
    }

    private void step() {
        int choice = random.nextInt(10);
        if (choice < 3 && produced < RECORDS) {
            produce();
        } else if (choice < 5) {
            log.step(random);
        } else if (mishaps.happens(0.02)) {
            crashProcess();
        } else if (life != Life.USUAL && mishaps.happens(0.1)) {
            leaveOrComeBack(random.nextInt(tasks.length));
        } else {
            work(random.nextInt(tasks.length));
        }
    }

    /** The others take over what it read, and give it back. */
    private void leaveOrComeBack(int index) {
        isAway[index] = !isAway[index];
        PipelineTask task = tasks[index];
        if (isAway[index] && task != null) {
            tasks[index] = null;
            task.close();
        }
    }

    private void produce() {
        int burst = Math.min(RECORDS - produced, 1 + random.nextInt(6));
        for (int i = 0; i < burst; i++) {
            String key = "k" + random.nextInt(5);
            String numbers =
                    switch (random.nextInt(12)) {
                        case 0 -> "\"x\":[1]";
                        case 1 -> "\"x\":[" + (int) EchoModel.POISON + ",1]";
                        default -> "\"x\":[" + random.nextInt(9) + ",0.5]";
                    };
            byte[] payload = oracle.next(key, numbers);
            produced++;
            log.append(
                    new OutgoingRecord(
                            Plans.INPUT,
                            key.getBytes(UTF_8),
                            payload,
                            List.of(),
                            time.epochMillis()),
                    failure -> {
                        if (failure == null) {
                            oracle.acknowledged(payload);
                        }
                    });
        }
    }

    private void work(int index) {
        if (isAway[index] && !mishaps.areOver()) {
            return;
        }
        PipelineTask task = tasks[index];
        working = index;
        try {
            if (task == null) {
                task = PipelineTask.open(context, plan, index, controls[index], meters);
                tasks[index] = task;
            }
            task.doWork();
        } catch (Mishaps.Crash _) {
            crashTask(index, task);
        } catch (MillraceException e) {
            // What the supervisor sees when a transaction fails; otherwise nothing may come so far.
            if (!isExact()) {
                throw e;
            }
            crashTask(index, task);
        } finally {
            working = -1;
        }
    }

    /** As the supervisor does it: close, and build anew at the next turn. */
    private void crashTask(int index, @Nullable PipelineTask task) {
        crashes++;
        mishaps.repeats(inFlight());
        if (task == null) {
            return;
        }
        if (tasks[index] == task) {
            tasks[index] = null;
        }
        task.close();
    }

    /** All at once, without a word to anybody. */
    private void crashProcess() {
        crashes++;
        mishaps.repeats(inFlight());
        // What was on its way lands up to some point, as with Kafka, for each key.
        var lostBehind = new HashSet<String>();
        log.crash(record -> {
            String line = record.topic() + "/" + new String(keyOf(record), UTF_8);
            if (random.nextBoolean()) {
                lostBehind.add(line);
            }
            return !lostBehind.contains(line);
        });
        java.util.Arrays.fill(tasks, null);
    }

    private static byte[] keyOf(OutgoingRecord record) {
        byte[] key = record.key();
        return key == null ? new byte[0] : key;
    }

    /** What was read and is not durably committed, at most. */
    private long inFlight() {
        Map<LogPartition, Long> committed = log.committed(TaskContext.groupOf(plan));
        long count = 0;
        for (LogRecord record : log.records(Plans.INPUT)) {
            if (record.offset() >= committed.getOrDefault(record.partition(), 0L)) {
                count++;
            }
        }
        return count;
    }

    private boolean isDone() {
        if (produced < RECORDS || log.underWay() > 0) {
            return false;
        }
        return inFlight() == 0;
    }

    private List<String> judge() {
        sink.accepted().forEach(output -> oracle.output(output.value()));
        log.records(OUTPUT_TOPIC).forEach(record -> oracle.output(record.value()));
        log.records(Plans.DEAD).forEach(record -> oracle.deadLetter(record.value()));
        List<String> problems =
                oracle.problems(
                        meters.dropped().value(),
                        isExact() ? 0 : mishaps.mostDuplicates(),
                        mishaps.mostDuplicates());
        if (!isDone()) {
            problems.add("does not come to rest: " + inFlight() + " records are still pending");
        }
        return problems;
    }
}
