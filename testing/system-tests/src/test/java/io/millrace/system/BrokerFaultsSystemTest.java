package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Another MQTT broker as source and sink: killed under load, down for long, and slow. That broker
 * is a second server, whose log keeps what it takes and what it gives; what the first one's own
 * broker takes and gives meanwhile is the neighbour.
 */
@Timeout(1_800)
@ExtendWith(Faults.class)
class BrokerFaultsSystemTest {

    private static final Duration SETTLE = Duration.ofMinutes(2);
    private static final int BATCH = 2_000;

    /** Memory that is held may differ by this much without being called growth. */
    private static final long FLAT = 48L << 20;

    private static final String NEIGHBOUR =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: beside}
            spec: {mqtt: {}, fields: [{name: beside, topic: beside/in}]}
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: beside}
            spec:
              from: {dataSource: {name: beside}}
              to: [{mqtt: {topic: beside/out}}]
            """;

    /** What the other broker has to give: kept in its log first, so that a kill loses nothing. */
    private static final String FEED =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: feed}
            spec: {mqtt: {}, fields: [{name: feed, topic: "feed/{sender}"}]}
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: feed}
            spec:
              from: {dataSource: {name: feed}}
              to: [{mqtt: {topic: "fed/{sender}"}}]
            """;

    @TempDir private static Path folder;

    private static ServerProcess near;
    private static ServerProcess far;

    @RegisterExtension private static final ShowsLog LOG = new ShowsLog(() -> near);

    @BeforeAll
    static void start() {
        far = server("far").start();
        near = server("near").start();
    }

    @AfterAll
    static void stop() {
        near.close();
        far.close();
    }

    /** Also when the test before failed while the other broker was dead. */
    @BeforeEach
    void declareTheNeighbour() {
        if (!far.isRunning()) {
            far.start();
        }
        Declared.apply(near, NEIGHBOUR);
        Declared.awaitReady(near, "pipelines/beside");
    }

    static Stream<Long> seeds() {
        return Faults.seeds(1, 20);
    }

    /** How long the sink is down in the short and in the long form. */
    static Stream<Duration> outages() {
        return Faults.isLong()
                ? Stream.of(Duration.ofSeconds(60), Duration.ofMinutes(10))
                : Stream.of(Duration.ofSeconds(15));
    }

    /** How long the sink takes a hundredth of what comes. */
    static Stream<Duration> slowTimes() {
        return Stream.of(Faults.isLong() ? Duration.ofMinutes(5) : Duration.ofSeconds(15));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aBrokerIsKilledAndComesBack(long seed) {
        RandomGenerator random = Faults.random(seed);
        int kills = 3;
        String name = "both" + seed;
        Declared.apply(far, FEED);
        Declared.awaitReady(far, "pipelines/feed");
        var ledger = new Ledger();
        var beside = new Ledger();
        int farPort = far.ports().mqttPlain();
        KafkaTopic results = results(name);
        Declared.apply(near, through(name, farUrl(), "fed/+", name + "/out"));
        Declared.awaitReady(near, "datasources/" + name, "pipelines/" + name);
        try (var _ = results.follow(record -> ledger.output(record.value()));
                var _ = MqttReader.start(near.ports().mqttPlain(), "beside/out", beside)) {
            try (var load = new MqttLoad(farPort, key -> "feed/" + key, ledger, 200, "");
                    var neighbour = neighbour(beside)) {
                load.start("a", "b", "c");
                neighbour.start("n");
                for (int kill = 0; kill < kills; kill++) {
                    awaitMore(ledger, random.nextInt(200, 1_500));
                    far.kill();
                    awaitMore(beside, 50);
                    assertThat(near.isReady()).isTrue();
                    far.launch();
                    far.awaitReady();
                }
                awaitMore(ledger, 500);
            }
            awaitAll(ledger);
            awaitAll(beside);
        }
        Declared.awaitReady(near, "datasources/" + name, "pipelines/" + name);
        // Near and far may each repeat what was in flight.
        ledger.assertKept(
                "broker killed %d times, seed %d".formatted(kills, seed),
                2L * kills * BATCH,
                log(name));
        delete(name);
        beside.assertKept("its neighbour", 0);
    }

    @ParameterizedTest(name = "for {0}")
    @MethodSource("outages")
    void aSinkThatIsDownCostsNoMemory(Duration outage) {
        KafkaTopic results = results("down");
        Declared.apply(near, sink("down", farUrl()));
        Declared.awaitReady(near, "pipelines/down");
        var ledger = new Ledger();
        var beside = new Ledger();
        int nearPort = near.ports().mqttPlain();
        try (var _ = results.follow(record -> ledger.output(record.value()));
                var _ = MqttReader.start(nearPort, "beside/out", beside)) {
            try (var load = new MqttLoad(nearPort, _ -> "down/in", ledger, 300, padding(600));
                    var neighbour = neighbour(beside)) {
                load.start("x", "y");
                neighbour.start("n");
                awaitMore(ledger, 1_000);
                far.kill();
                awaitMore(beside, 100);
                long seen = ledger.seen();
                Growth growth = watch(outage);
                assertThat(ledger.seen()).as("while the sink is down").isEqualTo((int) seen);
                assertThat(ledger.pending()).isGreaterThan((int) (outage.toSeconds() * 100));
                assertThat(waiting("down", ledger)).isGreaterThan(outage.toSeconds() * 100);
                growth.assertFlat("sink down for " + outage);
                awaitMore(beside, 100);
                far.launch();
                far.awaitReady();
            }
            awaitAll(ledger);
            awaitAll(beside);
        }
        ledger.assertKept("sink down for " + outage, 2L * BATCH, log("down"));
        delete("down");
        beside.assertKept("its neighbour", 0);
    }

    @ParameterizedTest(name = "for {0}")
    @MethodSource("slowTimes")
    void aSinkAtAHundredthOfTheRateSlowsNobodyElse(Duration slow) {
        KafkaTopic results = results("slow");
        int rate = 500;
        int bytes = 1_000;
        var ledger = new Ledger();
        var beside = new Ledger();
        int nearPort = near.ports().mqttPlain();
        try (var proxy = SlowProxy.start(far.ports().mqttPlain());
                var _ = results.follow(record -> ledger.output(record.value()));
                var _ = MqttReader.start(nearPort, "beside/out", beside)) {
            Declared.apply(near, sink("slow", "mqtt://127.0.0.1:" + proxy.port()));
            Declared.awaitReady(near, "pipelines/slow");
            try (var load = new MqttLoad(nearPort, _ -> "slow/in", ledger, rate, padding(bytes));
                    var neighbour = neighbour(beside)) {
                load.start("x", "y");
                neighbour.start("n");
                awaitMore(ledger, 2_000);
                awaitMore(beside, 200);
                double before = beside.medianMillis();
                proxy.limit(2 * rate * bytes / 100);
                awaitMore(beside, 100);
                beside.medianMillis();
                long lag = waiting("slow", ledger);
                Growth growth = watch(slow);
                double after = beside.medianMillis();
                assertThat(waiting("slow", ledger))
                        .as("lag on disk")
                        .isGreaterThan(lag + rate * slow.toSeconds() / 2);
                growth.assertFlat("sink at 1 % for " + slow);
                Faults.tell(
                        "the neighbour's median: %.1f ms before, %.1f ms beside it"
                                .formatted(before, after));
                assertThat(after).as("median of the neighbour, ms").isLessThan(3 * before + 250);
            }
            proxy.limit(0);
            awaitAll(ledger);
            awaitAll(beside);
        }
        ledger.assertKept("sink at 1 % for " + slow, 4L * BATCH, log("slow"));
        delete("slow");
        beside.assertKept("its neighbour", 0);
    }

    /** What a server held when a time began and when it ended. */
    private record Growth(
            long liveBefore, long liveAfter, long residentBefore, long residentAfter) {
        void assertFlat(String what) {
            Faults.tell(
                    "%s: live heap %d MB, then %d MB; resident %d MB, then %d MB"
                            .formatted(
                                    what,
                                    liveBefore >> 20,
                                    liveAfter >> 20,
                                    residentBefore >> 20,
                                    residentAfter >> 20));
            assertThat(liveAfter - liveBefore).as("growth of the live heap").isLessThan(FLAT);
        }
    }

    /** Lets a time pass, half of which is for things to settle. */
    private static Growth watch(Duration length) {
        TimeSource.system().pause(length.dividedBy(2));
        long live = Memory.live(near);
        long resident = Memory.resident(near);
        TimeSource.system().pause(length.dividedBy(2));
        return new Growth(live, Memory.live(near), resident, Memory.resident(near));
    }

    private static Supplier<String> log(String source) {
        return () -> new KafkaTopic(near, "default.source." + source + ".in").disorder();
    }

    /** How many records are in the log and did not come out yet. */
    private static long waiting(String source, Ledger ledger) {
        return new KafkaTopic(near, "default.source." + source + ".in").taken() - ledger.seen();
    }

    /** What the other broker takes goes into its log, in the order in which it came. */
    private static KafkaTopic results(String name) {
        Declared.apply(
                far,
                """
                apiVersion: millrace.io/v1
                kind: DataSource
                metadata: {name: results-%1$s}
                spec: {mqtt: {}, fields: [{name: out, topic: %1$s/out}]}
                """
                        .formatted(name));
        Declared.awaitReady(far, "datasources/results-" + name);
        return new KafkaTopic(far, "default.source.results-" + name + ".out");
    }

    private static MqttLoad neighbour(Ledger ledger) {
        return new MqttLoad(near.ports().mqttPlain(), _ -> "beside/in", ledger, 100, "");
    }

    private static String padding(int bytes) {
        return "\"p\":\"" + "x".repeat(bytes) + "\"";
    }

    private static String farUrl() {
        return "mqtt://127.0.0.1:" + far.ports().mqttPlain();
    }

    /** From the other broker and back to it. */
    private static String through(String name, String url, String in, String out) {
        return """
        apiVersion: millrace.io/v1
        kind: DataSource
        metadata: {name: %1$s}
        spec: {mqtt: {url: "%2$s"}, fields: [{name: in, topic: "%3$s"}]}
        ---
        apiVersion: millrace.io/v1
        kind: Pipeline
        metadata: {name: %1$s}
        spec:
          from: {dataSource: {name: %1$s}}
          to: [{mqtt: {url: "%2$s", topic: "%4$s"}}]
        """
                .formatted(name, url, in, out);
    }

    /** From our own broker to the other one. */
    private static String sink(String name, String url) {
        return """
        apiVersion: millrace.io/v1
        kind: DataSource
        metadata: {name: %1$s}
        spec: {mqtt: {}, fields: [{name: in, topic: %1$s/in}]}
        ---
        apiVersion: millrace.io/v1
        kind: Pipeline
        metadata: {name: %1$s}
        spec:
          from: {dataSource: {name: %1$s}}
          to: [{mqtt: {url: "%2$s", topic: %1$s/out}}]
        """
                .formatted(name, url);
    }

    private static void delete(String name) {
        for (String kind : new String[] {"pipelines/", "datasources/"}) {
            var answer =
                    near.send(
                            java.net.http.HttpRequest.newBuilder(
                                            near.url()
                                                    .resolve(
                                                            "/api/v1/projects/default/"
                                                                    + kind
                                                                    + name))
                                    .DELETE()
                                    .build());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
    }

    private static void awaitMore(Ledger ledger, int wanted) {
        int before = ledger.seen();
        await().atMost(SETTLE).until(() -> ledger.seen() > before + wanted);
    }

    private static void awaitAll(Ledger ledger) {
        await().atMost(SETTLE.multipliedBy(3))
                .untilAsserted(() -> assertThat(ledger.pending()).isZero());
    }

    private static ServerProcess server(String name) {
        return new ServerProcess(folder.resolve(name), ServerProcess.Ports.free());
    }
}
