package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.client.ApiResource;
import io.millrace.sender.Announcement;
import io.millrace.sender.NumberType;
import io.millrace.sender.Sample;
import io.millrace.sender.SampleFiles;
import io.millrace.sender.SampleSource;
import io.millrace.sender.TrainingSender;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "send",
        description =
                "Send labelled samples to a topic, and tell the experiment that waits for them. Without"
                        + " --number and --experiment nothing is told; the ranges that are printed can be"
                        + " written into a Dataset.",
        footer = {
            "",
            "Example: millrace data send digits.npz --topic digits --experiment digits --validation 0.1",
            "         millrace data send copd.csv --topic copd --label diagnosis --format avro --number 1",
            "         millrace data send photos/ --topic photos --label folder --number 3"
        })
final class DataSendCommand implements Callable<Integer> {

    private static final int BAR = 30;

    private final CliContext context;

    @Parameters(
            paramLabel = "FILE",
            description =
                    "A .csv file, a .npz file, or a folder with a folder of pictures per class.")
    private String file = "";

    @Option(names = "--topic", required = true, description = "Gets the samples.")
    private String topic = "";

    @Option(
            names = "--number",
            description = "Of the experiment that waits for them (its status shows it).")
    private @Nullable Long number;

    @Option(names = "--experiment", description = "The name of that experiment instead.")
    private @Nullable String experiment;

    @Option(
            names = "--label",
            description =
                    "The column or array with labels, or 'folder' for pictures (default: label, else"
                            + " the last column; y, labels or target).")
    private String label = "";

    @Option(names = "--format", description = "raw or avro (default: raw).")
    private SampleFormat format = SampleFormat.RAW;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Of the numbers of a CSV file (default: float32).")
    private String type = NumberType.FLOAT32.label();

    @Option(
            names = "--validation",
            paramLabel = "SHARE",
            description = "The share that is looked at after each epoch (default: 0).")
    private double validation;

    @Option(
            names = "--test",
            paramLabel = "SHARE",
            description = "The share that the model is judged by (default: 0).")
    private double test;

    @Option(names = "--description", description = "Of the samples, for people.")
    private String description = "";

    @Option(
            names = "--control-topic",
            paramLabel = "TOPIC",
            description = "Where it is told (default: KAFKA_ML_CONTROL_TOPIC of the project).")
    private @Nullable String controlTopic;

    @Option(
            names = "--kafka",
            paramLabel = "HOST:PORT",
            description = "The Kafka (default: that of the server).")
    private @Nullable String kafka;

    @Option(
            names = "--kafka-setting",
            paramLabel = "KEY=VALUE",
            description = "A further setting of the Kafka client, such as security.protocol=SSL.")
    private Map<String, String> settings = Map.of();

    DataSendCommand(CliContext context) {
        this.context = context;
    }

    /** How samples are written. */
    enum SampleFormat {
        RAW,
        AVRO
    }

    @Override
    public Integer call() throws IOException {
        Announcement.requireShares(validation, test);
        Path path = context.resolve(file);
        OptionalLong wanted = number();
        boolean isAvro = format == SampleFormat.AVRO;
        try (SampleSource samples = SampleFiles.open(path, label, NumberType.find(type), isAvro);
                TrainingSender sender = TrainingSender.open(bootstrap(), topic, settings)) {
            List<String> ranges = send(samples, sender);
            Terminal terminal = context.terminal();
            samples.notes().forEach(note -> terminal.err().println(Terminal.printable(note)));
            if (wanted.isPresent()) {
                sender.announce(
                        controlTopic(),
                        new Announcement(
                                wanted.getAsLong(),
                                ranges,
                                samples.encoding(),
                                description,
                                validation,
                                test,
                                sender.acknowledged()));
            }
            terminal.out()
                    .println(
                            "%d samples sent: %s%s"
                                    .formatted(
                                            sender.acknowledged(),
                                            String.join(",", ranges),
                                            wanted.isPresent()
                                                    ? "; announced to experiment "
                                                            + wanted.getAsLong()
                                                    : ""));
        }
        return 0;
    }

    private List<String> send(SampleSource samples, TrainingSender sender) throws IOException {
        long count = samples.count();
        long given = 0;
        long step = Math.max(1, count / 200);
        for (Sample sample = samples.next(); sample != null; sample = samples.next()) {
            sender.send(sample);
            if (++given % step == 0) {
                context.terminal().showProgress(bar(sender.acknowledged(), count));
            }
        }
        if (given == 0) {
            throw MillraceException.invalid(file + " holds no samples");
        }
        List<String> ranges = sender.finish();
        context.terminal().clearProgress();
        return ranges;
    }

    static String bar(long done, long count) {
        int full = count == 0 ? 0 : (int) Math.min(BAR, done * BAR / count);
        return "[%s%s] %d of %d samples"
                .formatted("#".repeat(full), ".".repeat(BAR - full), done, count);
    }

    private OptionalLong number() {
        Long given = number;
        String name = experiment;
        if (given != null && name != null) {
            throw MillraceException.invalid("give --number or --experiment, not both");
        }
        if (name == null) {
            return given == null ? OptionalLong.empty() : OptionalLong.of(given);
        }
        ApiResource found =
                context.client().get(ResourceKey.of(Kind.EXPERIMENT, context.project(), name));
        String text = found.status().path("details").path("number").asString("");
        try {
            return OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "Experiment/%s has no number yet: it waits for samples only once its status says so"
                            .formatted(name),
                    e);
        }
    }

    private String controlTopic() {
        String given = controlTopic;
        if (given != null) {
            return given;
        }
        return context.project().equals(ProjectId.DEFAULT)
                ? TrainingSender.CONTROL_TOPIC
                : context.project() + "." + TrainingSender.CONTROL_TOPIC;
    }

    private String bootstrap() {
        String given = kafka;
        if (given != null) {
            return given;
        }
        Integer port = context.client().info().ports().get("kafka");
        if (port == null) {
            throw MillraceException.invalid(
                    "the server uses a Kafka of its own choice; say where it is with --kafka HOST:PORT");
        }
        return context.serverAddress().getHost() + ":" + port;
    }
}
