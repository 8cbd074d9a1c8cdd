package io.millrace.embedded.mqtt;

import io.millrace.api.IdSource;
import io.millrace.api.PipelineSpec;
import io.millrace.api.TimeSource;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.Sink;
import io.millrace.testkit.RecordingMeters;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A broker in a process of its own, to be killed. Commands and answers are lines. */
final class BrokerProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter commands;
    private final int port;

    private BrokerProcess(Process process) throws IOException {
        this.process = process;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.commands =
                new BufferedWriter(
                        new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        this.port = Integer.parseInt(expect("port "));
    }

    static BrokerProcess start(Path directory) throws IOException {
        return new BrokerProcess(
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                BrokerProcess.class.getName(),
                                directory.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
    }

    int port() {
        return port;
    }

    /** Publishes so many numbered messages; returns when the sink has accepted them. */
    void publish(String topic, int count) throws IOException {
        publishWithoutWaiting(topic, count);
        expect("accepted");
    }

    void publishWithoutWaiting(String topic, int count) throws IOException {
        commands.write("publish " + topic + " " + count + "\n");
        commands.flush();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private String expect(String start) throws IOException {
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith(start)) {
                return line.substring(start.length());
            }
        }
        throw new IOException("the broker process ended");
    }

    public static void main(String[] arguments) throws IOException {
        var broker =
                new EmbeddedMqttBroker(
                        new EmbeddedMqttConfig(
                                Path.of(arguments[0]),
                                List.of(EmbeddedMqttConfig.Listener.local(0)),
                                MqttLimits.DEFAULT),
                        new FakeLog(),
                        new RecordingMeters(),
                        TimeSource.system(),
                        IdSource.random(),
                        certificate -> Optional.empty(),
                        Secrets.none());
        broker.start();
        try (var out = new FileWriter(FileDescriptor.out);
                var in =
                        new BufferedReader(
                                new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            out.write("port " + broker.plainPort() + "\n");
            out.flush();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ", -1);
                publish(broker, words[1], Integer.parseInt(words[2]));
                out.write("accepted\n");
                out.flush();
            }
        }
        Runtime.getRuntime().halt(1);
    }

    private static void publish(EmbeddedMqttBroker broker, String topic, int count) {
        try (Sink sink =
                broker.open(BrokerFixture.FASHION, new PipelineSpec.MqttOutput(topic))
                        .orElseThrow()) {
            for (int start = 0; start < count; start += 100) {
                sink.write(
                        IntStream.range(start, Math.min(count, start + 100))
                                .mapToObj(i ->
                                        new OutputRecord(
                                                topic,
                                                null,
                                                ("" + i).getBytes(StandardCharsets.UTF_8),
                                                List.of(),
                                                0))
                                .toList());
            }
        }
    }
}
