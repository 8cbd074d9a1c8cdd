package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.model.tflite.Flatbuffer.Table;
import io.millrace.model.tflite.Flatbuffer.Vector;
import io.millrace.model.tflite.TfliteGraph.FileTensor;
import io.millrace.model.tflite.TfliteGraph.Operator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiFunction;

/** Takes the parts out of a {@code .tflite} file, trusting none of its offsets and numbers. */
final class FileReader {

    static final String IDENTIFIER = "TFL3";
    private static final int SCHEMA_VERSION = 3;
    private static final int OFFSET = 4;

    // Fields are counted as the schema lists them.
    private static final int MODEL_VERSION = 0;
    private static final int MODEL_CODES = 1;
    private static final int MODEL_GRAPHS = 2;
    private static final int MODEL_BUFFERS = 4;
    private static final int MODEL_SIGNATURES = 7;

    private static final int TENSOR_QUANTISATION = 4;
    private static final int TENSOR_SPARSITY = 6;
    private static final int TENSOR_VARIANTS = 9;

    private final Flatbuffer file;
    private final Table model;
    private final List<Integer> codes = new ArrayList<>();
    private final List<Buffer> buffers = new ArrayList<>();

    private FileReader(MemorySegment data) {
        this.file = new Flatbuffer(data);
        this.model = file.root(IDENTIFIER);
    }

    /**
     * Reads the whole file.
     *
     * @throws MillraceException {@code INVALID} and nothing else, whatever the file holds
     */
    static TfliteFile read(MemorySegment data) {
        return new FileReader(data).read();
    }

    private TfliteFile read() {
        int version = model.int32(MODEL_VERSION, 0);
        if (version != SCHEMA_VERSION) {
            throw MillraceException.invalid(
                    "the .tflite file has the schema version "
                            + version
                            + ", expected "
                            + SCHEMA_VERSION);
        }
        readCodes();
        readBuffers();
        List<TfliteGraph> graphs = list(model.tables(MODEL_GRAPHS), this::graph);
        if (graphs.isEmpty()) {
            throw Flatbuffer.damaged("it has no graph");
        }
        return new TfliteFile(graphs, list(model.tables(MODEL_SIGNATURES), FileReader::signature));
    }

    private void readCodes() {
        var custom = new TreeSet<String>();
        Vector tables = model.tables(MODEL_CODES);
        for (int i = 0; i < tables.length(); i++) {
            Table table = tables.table(i);
            // Older files have only the first field, of one byte; newer ones both.
            int code = Math.max(table.int8(0), table.int32(3, 0));
            if (code == Operators.CUSTOM) {
                custom.add(table.string(1));
            }
            if (!Operators.isKnown(code)) {
                throw MillraceException.invalid(
                        "the model has an operator of number "
                                + code
                                + ", which this TensorFlow Lite does not know; convert it with"
                                + " TensorFlow 2.20 or older");
            }
            codes.add(code);
        }
        Operators.refuseCustom(custom);
    }

    private void readBuffers() {
        Vector tables = model.tables(MODEL_BUFFERS);
        for (int i = 0; i < tables.length(); i++) {
            Table table = tables.table(i);
            long outside = table.int64(1);
            // In files of more than 2 GB the data stands behind the flatbuffer.
            if (outside > 1) {
                long bytes = table.int64(2);
                if (bytes < 0 || outside > file.size() || bytes > file.size() - outside) {
                    throw Flatbuffer.damaged("buffer " + i + " lies outside it");
                }
                buffers.add(new Buffer(outside, bytes));
            } else {
                Vector data = table.vector(0, 1);
                buffers.add(new Buffer(data.at(), data.length()));
            }
        }
    }

    private TfliteGraph graph(Table table, String where) {
        return new TfliteGraph(
                list(table.tables(0), (t, i) -> tensor(t, "graph " + where + " tensor " + i)),
                ints(table, 1),
                ints(table, 2),
                list(table.tables(3), (t, i) -> operator(t, "graph " + where + " operator " + i)));
    }

    private FileTensor tensor(Table table, String where) {
        List<Integer> shape = ints(table, 0);
        List<Integer> signature = ints(table, 7);
        int type = table.int8(1);
        if (!ElementTypes.isKnown(type)) {
            throw Flatbuffer.damaged(where + " has an unknown type, " + type);
        }
        long buffer = Integer.toUnsignedLong(table.int32(2, 0));
        if (buffer >= buffers.size() && buffer != 0) {
            throw Flatbuffer.damaged(where + " names buffer " + buffer + " of " + buffers.size());
        }
        if (table.has(TENSOR_VARIANTS)) {
            throw MillraceException.invalid(where + " is a list of tensors; it cannot be served");
        }
        if (table.has(TENSOR_SPARSITY)) {
            throw MillraceException.invalid(
                    where + " is sparse; convert without EXPERIMENTAL_SPARSITY");
        }
        Quantisation.check(table.table(TENSOR_QUANTISATION), shape, where);
        long dataBytes = buffer == 0 ? 0 : buffers.get((int) buffer).bytes();
        if (type == ElementTypes.STRING && dataBytes > 0) {
            file.checkStrings(
                    buffers.get((int) buffer).at(), dataBytes, elements(shape, where), where);
        }
        return new FileTensor(
                table.string(3),
                type,
                shape,
                signature.isEmpty() ? shape : signature,
                dataBytes,
                table.bool(5));
    }

    private static long elements(List<Integer> shape, String where) {
        long elements = 1;
        for (int extent : shape) {
            elements *= extent;
            if (extent < 0 || elements > Integer.MAX_VALUE) {
                throw Flatbuffer.damaged(where + " has the shape " + shape);
            }
        }
        return elements;
    }

    private Operator operator(Table table, String where) {
        long index = Integer.toUnsignedLong(table.int32(0, 0));
        if (index >= codes.size()) {
            throw Flatbuffer.damaged(where + " names code " + index + " of " + codes.size());
        }
        return new Operator(
                codes.get((int) index),
                ints(table, 1),
                ints(table, 2),
                ints(table, 8),
                Operators.calls(table));
    }

    private static TfliteFile.FileSignature signature(Table table, String where) {
        String name = table.string(2);
        if (name.isEmpty()) {
            throw Flatbuffer.damaged("signature " + where + " has no name");
        }
        return new TfliteFile.FileSignature(
                name,
                table.int32(4, 0),
                list(table.tables(0), FileReader::named),
                list(table.tables(1), FileReader::named));
    }

    private static TfliteFile.Named named(Table table, String where) {
        String name = table.string(0);
        if (name.isEmpty()) {
            throw Flatbuffer.damaged("a tensor of a signature has no name");
        }
        return new TfliteFile.Named(name, table.int32(1, 0));
    }

    private static List<Integer> ints(Table table, int slot) {
        return Arrays.stream(table.vector(slot, OFFSET).toInts()).boxed().toList();
    }

    private static <T> List<T> list(Vector tables, BiFunction<Table, String, T> read) {
        var list = new ArrayList<T>();
        for (int i = 0; i < tables.length(); i++) {
            list.add(read.apply(tables.table(i), Integer.toString(i)));
        }
        return list;
    }

    /** The data of a constant. */
    private record Buffer(long at, long bytes) {}
}
