package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged model files of all engines, uploaded while a good model is called: each ends as Rejected
 * with a reason, or as Ready when the damage does not matter, and the server never notices.
 */
@Timeout(1_800)
class BadModelsSystemTest {

    private static final boolean IS_LONG = "long".equals(System.getProperty("millrace.faults"));
    private static final int MUTANTS = IS_LONG ? 400 : 25;
    private static final long SEED = 1;
    private static final int[] TELLING_NUMBERS = {
        0, 1, -1, 127, 128, 255, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 20
    };

    private static final String GOOD_REQUEST = "{\"instances\":[[1,2,3]]}";
    private static final String GOOD_ANSWER = "{\"predictions\":[[2.0,4.0,6.0]]}";

    @TempDir static Path folder;
    private static ServerProcess server;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        server = new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start();
        ServingModels.upload(server, "good", 1, "onnx", OnnxFile.scaling(2));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Damages a file in a way that the generator chooses. */
    @FunctionalInterface
    private interface Damage {
        byte[] next(RandomGenerator random);
    }

    @Test
    void damagedModelsEndAsRejectedOrHarmless() throws InterruptedException, ExecutionException {
        long pid = server.pid();
        var answered = new LongAdder();
        var wrongAnswers = new ConcurrentLinkedQueue<String>();
        var verdicts = new ArrayList<Future<Integer>>();
        try (var caller = Executors.newSingleThreadScheduledExecutor();
                var uploaders = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            var _ =
                    caller.scheduleWithFixedDelay(
                            () -> callGood(answered, wrongAnswers), 0, 10, TimeUnit.MILLISECONDS);
            verdicts.add(uploaders.submit(() -> upload("onnx", onnx(), "[[1,2]]")));
            verdicts.add(uploaders.submit(() -> upload("tflite", lite(), "[[1]]")));
            verdicts.add(uploaders.submit(() -> upload("tensorflow", savedModel(), "[[[1]]]")));
            for (Future<Integer> verdict : verdicts) {
                assertThat(verdict.get()).as("rejected of %d", MUTANTS).isGreaterThan(MUTANTS / 4);
            }
        }

        assertThat(wrongAnswers).isEmpty();
        assertThat(answered.sum()).isGreaterThan(100);
        assertThat(server.isReady()).isTrue();
        assertThat(server.pid()).isEqualTo(pid);
        assertThat(server.isRunning()).isTrue();
        assertThat(server.logText()).doesNotContain("SIGSEGV");
    }

    private static void callGood(LongAdder answered, ConcurrentLinkedQueue<String> wrong) {
        String body;
        try {
            body = server.post("/v1/models/good:predict", "application/json", GOOD_REQUEST).body();
        } catch (UncheckedIOException e) {
            body = e.toString();
        }
        if (body.equals(GOOD_ANSWER)) {
            answered.increment();
        } else {
            wrong.add(body);
        }
    }

    /** Uploads one after another; says how many were rejected. */
    private static int upload(String framework, Damage damage, String instances) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        int rejected = 0;
        for (int i = 0; i < MUTANTS; i++) {
            String model = framework + "-" + i;
            HttpResponse<String> answer =
                    ServingModels.send(server, model, 1, framework, damage.next(random));
            if (answer.statusCode() == 200) {
                assertThat(answer.body()).as(model).contains("\"Ready\"");
                callDamaged(model, instances);
            } else {
                rejected++;
                assertThat(answer.statusCode()).as("%s: %s", model, answer.body()).isEqualTo(400);
                assertThat(answer.body()).as(model).hasSizeGreaterThan(60);
            }
        }
        return rejected;
    }

    /** It may answer anything, or refuse, but not take long or bring the server down. */
    private static void callDamaged(String model, String instances) {
        HttpResponse<String> answer =
                server.post(
                        "/v1/models/" + model + ":predict",
                        "application/json",
                        "{\"instances\":" + instances + "}");
        assertThat(answer.body()).as(model).startsWith("{");
        HttpResponse<String> deleted =
                server.send(
                        HttpRequest.newBuilder(
                                        server.url()
                                                .resolve(
                                                        "/api/v1/projects/default/models/" + model))
                                .DELETE()
                                .build());
        assertThat(deleted.statusCode()).as(deleted.body()).isBetween(200, 204);
    }

    private static Damage onnx() {
        var files = List.of(OnnxFile.scaling(2), OnnxFile.adding(), OnnxFile.echoing());
        return random -> damage(files.get(random.nextInt(files.size())), random);
    }

    private static Damage lite() {
        byte[] file = ServingModels.read(ServingModels.liteFile());
        return random -> damage(file, random);
    }

    /** Mostly inside of the archive, which then is a good archive of damaged files. */
    private static Damage savedModel() {
        byte[] archive = ServingModels.read(ServingModels.fashionZip());
        return random ->
                random.nextInt(8) == 0
                        ? damage(archive, random)
                        : withDamagedEntry(archive, random.nextInt(entries(archive)), random);
    }

    private static int entries(byte[] archive) {
        try (var zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            int count = 0;
            while (zip.getNextEntry() != null) {
                count++;
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] withDamagedEntry(byte[] archive, int wanted, RandomGenerator random) {
        var bytes = new ByteArrayOutputStream();
        try (var from = new ZipInputStream(new ByteArrayInputStream(archive));
                var to = new ZipOutputStream(bytes)) {
            int index = 0;
            for (ZipEntry entry = from.getNextEntry();
                    entry != null;
                    entry = from.getNextEntry(), index++) {
                byte[] content = from.readAllBytes();
                to.putNextEntry(new ZipEntry(entry.getName()));
                to.write(index == wanted ? damage(content, random) : content);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] damage(byte[] good, RandomGenerator random) {
        return switch (random.nextInt(5)) {
            case 0 -> Arrays.copyOf(good, random.nextInt(good.length));
            case 1 -> {
                byte[] bad = good.clone();
                int from = random.nextInt(bad.length);
                Arrays.fill(
                        bad, from, Math.min(bad.length, from + random.nextInt(1, 64)), (byte) 0);
                yield bad;
            }
            case 2 -> {
                byte[] bad = good.clone();
                int number = TELLING_NUMBERS[random.nextInt(TELLING_NUMBERS.length)];
                ByteBuffer.wrap(bad)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(random.nextInt(bad.length - Integer.BYTES), number);
                yield bad;
            }
            default -> {
                byte[] bad = good.clone();
                for (int flips = random.nextInt(1, 9); flips > 0; flips--) {
                    bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                }
                yield bad;
            }
        };
    }
}
