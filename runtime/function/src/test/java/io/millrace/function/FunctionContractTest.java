package io.millrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.spi.FunctionWorker.WorkerState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What functions written for Karbon Platform Services rely on. */
@Timeout(240)
class FunctionContractTest {

    private static final String STAMP = "\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} root ";

    @TempDir Path data;

    @Test
    void givesEveryMemberOfTheContextItsDocumentedValue() {
        String code =
                """
                import os
                def main(ctx, msg):
                    assert type(msg) is bytes
                    ctx.send(repr([ctx.get_config(), ctx.get_topic(), ctx.get_timestamp(),
                                   ctx.get_payload() == msg, ctx.get_selector('MQTT'),
                                   ctx.get_selector('none'), os.environ['AI_INFERENCE_ENDPOINT']]))
                """;
        try (var function = RunningFunction.of(data, code)) {
            assertThat(function.texts("x"))
                    .containsExactly(
                            "sent [{'limit': '42'}, 'cameras/1', 1700000000123456789, True,"
                                    + " 'ByteArray', None, '127.0.0.1:1/lab']");
        }
    }

    @Test
    void writesTheDocumentedFirstLinesInTheirOrder() {
        String code =
                """
                import logging
                logging.info('Apperal Classifier')
                print('printed as is')
                def main(ctx, msg):
                    logging.info('Prediction: Bag, Confidence: %s', 0.975674689)
                    ctx.send(msg)
                """;
        try (var function = RunningFunction.of(data, code)) {
            assertThat(function.texts("x")).containsExactly("sent x");
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(function.logs.texts()).hasSize(7));
            var lines = function.logs.texts();
            assertThat(lines.get(0)).matches(STAMP + "INFO\\] Subscribe to input");
            assertThat(lines.get(1)).matches(STAMP + "INFO\\] Publish to apparel-predict");
            assertThat(lines.get(2)).matches(STAMP + "INFO\\] Load function from: /.*classify.py");
            assertThat(lines.get(3)).matches(STAMP + "INFO\\] Apperal Classifier");
            assertThat(lines.get(4)).isEqualTo("printed as is");
            assertThat(lines.get(5)).matches(STAMP + "INFO\\] Load config: \\{'limit': '42'\\}");
            assertThat(lines.get(6))
                    .matches(STAMP + "INFO\\] Prediction: Bag, Confidence: 0.975674689");
        }
    }

    @Test
    void keepsStateBetweenMessagesAndSendsNoneOneOrMany() {
        String code =
                """
                seen = []
                def main(ctx, msg):
                    seen.append(msg)
                    for m in seen[:-1]:
                        ctx.send(m)
                """;
        try (var function = RunningFunction.of(data, code)) {
            assertThat(function.texts("a", "b")).containsExactly("sent ", "sent a");
            assertThat(function.texts("c")).containsExactly("sent a,b");
        }
    }

    @Test
    void takesTextAsUtf8AndRefusesEverythingElse() {
        String code =
                """
                def main(ctx, msg):
                    ctx.send('gr\\u00fc\\u00df')
                    ctx.send(bytearray(b'b'))
                    ctx.send(memoryview(b'm'))
                    if msg == b'bad':
                        ctx.send({'a': 1})
                """;
        try (var function = RunningFunction.of(data, code)) {
            assertThat(function.texts("good", "bad", "good"))
                    .containsExactly(
                            "sent grüß,b,m",
                            "USER_CODE: TypeError: ctx.send takes bytes, bytearray, memoryview or"
                                    + " str, not dict",
                            "sent grüß,b,m");
        }
    }

    @Test
    void letsThreadsSendAlsoForMessagesThatAreDone() {
        String code =
                """
                import threading
                kept = []
                def main(ctx, msg):
                    kept.append(ctx)
                    if msg == b'later':
                        t = threading.Thread(target=lambda: kept[0].send('late'))
                        t.start(); t.join()
                    t = threading.Thread(target=ctx.send, args=(b'now',))
                    t.start(); t.join()
                """;
        try (var function = RunningFunction.of(data, code)) {
            assertThat(function.texts("first", "later"))
                    .containsExactly("sent now", "sent late,now");
        }
    }

    @Test
    void callsTheBatchEntryPointAndFallsBackToFindTheMessageThatFails() {
        String code =
                """
                sizes = []
                def main_batch(contexts, messages):
                    sizes.append(len(messages))
                    for ctx, msg in zip(contexts, messages):
                        if msg == b'bad':
                            raise ValueError('no ' + str(msg))
                        ctx.send(msg + repr(sizes).encode())
                """;
        try (var function = RunningFunction.of(data, code)) {
            assertThat(function.texts("a", "b")).containsExactly("sent a[2]", "sent b[2]");
            assertThat(function.texts("c", "bad", "d"))
                    .containsExactly(
                            "sent c[2, 3, 1]",
                            "USER_CODE: ValueError: no b'bad'",
                            "sent d[2, 3, 1, 1, 1]");
        }
    }

    @Test
    void logsTheTracebackOfAnExceptionAndGoesOnInTheSameProcess() {
        String code =
                """
                import os
                def main(ctx, msg):
                    if msg == b'bad':
                        raise KeyError('predictions')
                    ctx.send(str(os.getpid()))
                """;
        try (var function = RunningFunction.of(data, code)) {
            var results = function.texts("a", "bad", "b");
            assertThat(results.get(1)).isEqualTo("USER_CODE: KeyError: 'predictions'");
            assertThat(results.get(2)).isEqualTo(results.get(0));
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(() ->
                            assertThat(function.logs.texts())
                                    .anyMatch(l -> l.endsWith("cameras/1"))
                                    .contains("Traceback (most recent call last):")
                                    .contains("    raise KeyError('predictions')")
                                    .contains("KeyError: 'predictions'")
                                    .noneMatch(l -> l.contains("runner.py")));
        }
    }

    @Test
    void carriesLargePayloadsBothWays() {
        byte[] large = new byte[10 << 20];
        java.util.Arrays.fill(large, (byte) 'x');
        try (var function =
                RunningFunction.of(
                        data, "def main(ctx, msg):\n  ctx.send(msg)\n  ctx.send(msg)\n")) {
            var results =
                    function.worker.process(
                            java.util.List.of(
                                    RunningFunction.message(large),
                                    RunningFunction.message("small"),
                                    RunningFunction.message(large)));
            assertThat(RunningFunction.text(results.get(1))).isEqualTo("sent small,small");
            for (int i : new int[] {0, 2}) {
                assertThat(results.get(i))
                        .isInstanceOfSatisfying(
                                io.millrace.spi.FunctionResult.Sent.class,
                                sent -> {
                                    assertThat(sent.payloads()).hasSize(2);
                                    assertThat(sent.payloads().get(1)).isEqualTo(large);
                                });
            }
        }
    }

    @Test
    void runsInItsOwnFolderWithoutTheServersVariables() {
        String code =
                """
                import os, sys
                def main(ctx, msg):
                    import requests, msgpack, numpy
                    names = [n for n in os.environ if n.startswith(('MILLRACE', 'MAVEN', 'JAVA'))]
                    ctx.send(repr([names, os.getcwd() == os.environ['HOME'], __name__]))
                """;
        var function = RunningFunction.of(data, code);
        assertThat(function.texts("x")).containsExactly("sent [[], True, 'classify']");
        assertThat(function.worker.state()).isInstanceOf(WorkerState.Running.class);
        function.close();
        assertThat(function.worker.state()).isInstanceOf(WorkerState.Closed.class);
        assertThat(data.resolve("functions/workers/lab/line-1/0-0")).doesNotExist();
    }

    @Test
    void endsPolitelyWhenClosed() {
        String code =
                """
                import atexit
                atexit.register(lambda: print('bye'))
                def main(ctx, msg):
                    ctx.send(msg)
                """;
        var function = RunningFunction.of(data, code);
        assertThat(function.texts("x")).containsExactly("sent x");
        function.close();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(function.logs.texts()).contains("bye"));
    }
}
