package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.SplitSpec;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.ResourceWriter;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** What is known about a set of samples, in a file beside them. */
final class SampleFacts {

    private static final String FILE = "samples.properties";
    private static final String DATASET = "dataset.json";

    private SampleFacts() {}

    static void write(Path folder, SampleSet set, String fingerprint) throws IOException {
        var facts = new Properties();
        facts.setProperty("records", Long.toString(set.records()));
        facts.setProperty("train", Long.toString(set.train()));
        facts.setProperty("validation", Long.toString(set.validation()));
        facts.setProperty("test", Long.toString(set.test()));
        facts.setProperty("unlabelled", Long.toString(set.unlabelled()));
        facts.setProperty("leftOut", Long.toString(set.leftOut()));
        facts.setProperty("order", set.order().name());
        facts.setProperty("millis", Long.toString(set.millis()));
        facts.setProperty("fingerprint", fingerprint);
        put(facts, set.x());
        put(facts, set.y());
        for (int i = 0; i < set.classes().size(); i++) {
            facts.setProperty("class." + i, set.classes().get(i));
        }
        Files.writeString(
                folder.resolve(DATASET), ResourceWriter.specJson(Kind.DATASET, set.dataset()));
        try (Writer out = Files.newBufferedWriter(folder.resolve(FILE))) {
            facts.store(out, null);
        }
    }

    private static void put(Properties facts, TensorSpec tensor) {
        facts.setProperty(tensor.name() + ".type", tensor.type().name());
        String shape = Arrays.toString(tensor.shape().toArray());
        facts.setProperty(tensor.name() + ".shape", shape.substring(1, shape.length() - 1));
    }

    /** What was written. */
    static SampleSet read(Path folder, String key) throws IOException {
        Properties facts = load(folder);
        var classes = new ArrayList<String>();
        for (String name = facts.getProperty("class.0");
                name != null;
                name = facts.getProperty("class." + classes.size())) {
            classes.add(name);
        }
        var dataset =
                (DatasetSpec)
                        ResourceReader.readSpec(
                                Kind.DATASET, DATASET, Files.readString(folder.resolve(DATASET)));
        try {
            return new SampleSet(
                    folder,
                    key,
                    dataset,
                    number(facts, "records"),
                    number(facts, "train"),
                    number(facts, "validation"),
                    number(facts, "test"),
                    number(facts, "unlabelled"),
                    number(facts, "leftOut"),
                    tensor(facts, "x"),
                    tensor(facts, "y"),
                    List.copyOf(classes),
                    SplitSpec.Order.valueOf(text(facts, "order")),
                    number(facts, "millis"));
        } catch (IllegalArgumentException e) {
            throw damaged(folder, e);
        }
    }

    /** What the log held when the samples were laid down. */
    static String fingerprint(Path folder) throws IOException {
        return text(load(folder), "fingerprint");
    }

    private static Properties load(Path folder) throws IOException {
        var facts = new Properties();
        try (Reader in = Files.newBufferedReader(folder.resolve(FILE))) {
            facts.load(in);
        } catch (IllegalArgumentException e) {
            throw damaged(folder, e);
        }
        return facts;
    }

    private static MillraceException damaged(Path folder, Exception cause) {
        return MillraceException.internal(
                "%s is damaged; remove the folder".formatted(folder.resolve(FILE)), cause);
    }

    private static TensorSpec tensor(Properties facts, String name) {
        long[] shape =
                Arrays.stream(text(facts, name + ".shape").split(", ", -1))
                        .mapToLong(Long::parseLong)
                        .toArray();
        return new TensorSpec(name, DataType.valueOf(text(facts, name + ".type")), Shape.of(shape));
    }

    private static long number(Properties facts, String name) {
        return Long.parseLong(text(facts, name));
    }

    private static String text(Properties facts, String name) {
        String text = facts.getProperty(name);
        if (text == null) {
            throw new IllegalArgumentException("no " + name);
        }
        return text;
    }
}
