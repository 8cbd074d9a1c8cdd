package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.tensorflow.Graph;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.SessionFunction;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.HashTable;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.io.ReadFile;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** Real SavedModels, made by TensorFlow itself. */
final class SavedModels {

    /** Columns of a text file, as the table's operation counts them. */
    private static final long WHOLE_LINE = -2;

    private static final long LINE_NUMBER = -1;

    private SavedModels() {}

    /** {@code x: float32[-1,width] -> y: 2x}. */
    static void doubling(Path folder, int width) {
        write(
                folder,
                tf -> {
                    var x = placeholder(tf, Shape.of(-1, width));
                    var y = tf.math.mul(x, tf.constant(2f));
                    return Signature.builder("serving_default")
                            .input("x", x)
                            .output("y", y)
                            .build();
                });
    }

    /** A convolution: a wrong rank would abort the process inside TensorFlow. */
    static void convolution(Path folder) {
        write(
                folder,
                tf -> {
                    var x = placeholder(tf, Shape.of(-1, 28, 28, 1));
                    var filter = tf.fill(tf.array(3, 3, 1, 8), tf.constant(0.1f));
                    var conv = tf.nn.conv2d(x, filter, java.util.List.of(1L, 2L, 2L, 1L), "SAME");
                    var y = tf.math.mean(tf.nn.relu(conv), tf.array(1, 2));
                    return Signature.builder("serving_default")
                            .input("image", x)
                            .output("scores", y)
                            .build();
                });
    }

    /** Several inputs and outputs of several types. */
    static void mixed(Path folder) {
        write(
                folder,
                tf -> {
                    var a = placeholder(tf, Shape.of(-1, 2));
                    var n = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(-1)));
                    var s = tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
                    return Signature.builder("mixed")
                            .input("a", a)
                            .input("n", n)
                            .input("s", s)
                            .output("sum", tf.math.add(a, tf.constant(1f)))
                            .output("square", tf.math.square(n))
                            .output("text", tf.strings.lower(s))
                            .build();
                });
    }

    /** Words to their numbers, by a vocabulary among the model's assets. */
    static void vocabulary(Path folder, String... words) {
        write(
                folder,
                tf -> {
                    var table =
                            tf.hashTable(TString.class, TInt64.class, HashTable.sharedName("v"));
                    var file = tf.withName("vocabulary_file").constant("not fed");
                    tf.withName("fill")
                            .initializeTableFromTextFile(table, file, WHOLE_LINE, LINE_NUMBER);
                    var x = tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
                    var unknown = tf.constant(-1L);
                    return Signature.builder("serving_default")
                            .input("words", x)
                            .output("numbers", tf.lookupTableFind(table, x, unknown))
                            .build();
                });
        try {
            Files.writeString(
                    Files.createDirectories(folder.resolve("assets")).resolve("words.txt"),
                    String.join("\n", words));
            Path file = folder.resolve(SavedModelFolder.GRAPH_FILE);
            var changed = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
            var graph = changed.getMetaGraphsBuilder(0);
            graph.addAssetFileDefBuilder()
                    .setFilename("words.txt")
                    .getTensorInfoBuilder()
                    .setName("vocabulary_file:0");
            graph.getGraphDefBuilder()
                    .addNodeBuilder()
                    .setName("init_tables")
                    .setOp("NoOp")
                    .addInput("^fill");
            graph.putSignatureDef(
                    "__saved_model_init_op",
                    SignatureDef.newBuilder()
                            .putOutputs(
                                    "__saved_model_init_op",
                                    TensorInfo.newBuilder().setName("init_tables").build())
                            .build());
            Files.write(file, changed.build().toByteArray());
        } catch (IOException e) {
            throw MillraceException.internal("cannot write", e);
        }
    }

    /** Gives away a file of the server. */
    static void reader(Path folder) {
        write(
                folder,
                tf -> {
                    var x = placeholder(tf, Shape.of(-1, 2));
                    ReadFile secret = tf.io.readFile(tf.constant("/etc/hostname"));
                    return Signature.builder("serving_default")
                            .input("x", x)
                            .output("y", tf.identity(x))
                            .output("secret", secret)
                            .build();
                });
    }

    private static Placeholder<TFloat32> placeholder(Ops tf, Shape shape) {
        return tf.placeholder(TFloat32.class, Placeholder.shape(shape));
    }

    private static void write(Path folder, Function<Ops, Signature> model) {
        try (var graph = new Graph();
                var session = new Session(graph)) {
            Signature signature = model.apply(Ops.create(graph));
            SavedModelBundle.exporter(folder.toString())
                    .withFunction(SessionFunction.create(signature, session))
                    .export();
        } catch (IOException e) {
            throw MillraceException.internal("cannot export", e);
        }
    }
}
