package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Lines of numbers, one column of which is the label. Read twice: first to see all labels. */
final class CsvSource implements SampleSource {

    private static final String LABEL = "label";

    private final Path path;
    private final BufferedReader in;
    private final NumberType type;
    private final CsvColumns columns;
    private final Labels labels;
    private final long count;
    private long line;

    private CsvSource(
            Path path,
            BufferedReader in,
            NumberType type,
            CsvColumns columns,
            Labels labels,
            long count) {
        this.path = path;
        this.in = in;
        this.type = type;
        this.columns = columns;
        this.labels = labels;
        this.count = count;
    }

    /** Where the label is, and what the other columns are called. */
    record CsvColumns(List<String> names, int label, boolean hasHeader) {

        static CsvColumns of(Path path, @Nullable String first, String wanted) {
            if (first == null) {
                throw MillraceException.invalid(path + " is empty");
            }
            List<String> cells = CsvLine.cells(first);
            boolean hasHeader = cells.stream().anyMatch(cell -> !isNumber(cell));
            var names = new ArrayList<String>();
            for (int i = 0; i < cells.size(); i++) {
                names.add(hasHeader ? cells.get(i) : "c" + i);
            }
            int label = names.indexOf(wanted.isEmpty() ? LABEL : wanted);
            if (label < 0 && wanted.isEmpty()) {
                label = names.size() - 1;
            }
            if (label < 0 || names.size() < 2) {
                throw MillraceException.invalid(
                        "%s has the columns %s; expected the label \"%s\" and at least one other"
                                .formatted(path, names, wanted));
            }
            return new CsvColumns(List.copyOf(names), label, hasHeader);
        }

        /** Without that of the label. */
        List<String> inputs() {
            var inputs = new ArrayList<>(names);
            inputs.remove(label);
            return inputs;
        }

        private static boolean isNumber(String cell) {
            try {
                Double.parseDouble(cell);
                return true;
            } catch (NumberFormatException e) {
                return false;
            }
        }
    }

    /**
     * Opens a file.
     *
     * @param label the column with labels; empty for {@code label} or else the last one
     * @param type of the numbers in the others
     */
    static CsvSource open(Path path, String label, NumberType type) throws IOException {
        CsvColumns columns;
        var seen = new TreeSet<String>();
        long count = 0;
        try (BufferedReader in = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
            @Nullable String text = in.readLine();
            columns = CsvColumns.of(path, text, label);
            if (columns.hasHeader()) {
                text = in.readLine();
            }
            for (; text != null; text = in.readLine()) {
                if (!text.isBlank()) {
                    List<String> cells = CsvLine.cells(text);
                    if (cells.size() > columns.label()) {
                        seen.add(cells.get(columns.label()));
                    }
                    count++;
                }
            }
        }
        BufferedReader in = Files.newBufferedReader(path, StandardCharsets.UTF_8);
        var source = new CsvSource(path, in, type, columns, Labels.of(seen), count);
        if (columns.hasHeader()) {
            source.readLine();
        }
        return source;
    }

    private @Nullable String readLine() throws IOException {
        line++;
        return in.readLine();
    }

    List<String> inputs() {
        return columns.inputs();
    }

    String labelName() {
        return columns.names().get(columns.label());
    }

    @Override
    public Encoding.Raw encoding() {
        return new Encoding.Raw(
                type, List.of(columns.names().size() - 1), labels.type(), List.of());
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public List<String> notes() {
        return labels.notes();
    }

    @Override
    public @Nullable Sample next() throws IOException {
        for (String text = readLine(); text != null; text = readLine()) {
            if (!text.isBlank()) {
                return sample(CsvLine.cells(text));
            }
        }
        return null;
    }

    private Sample sample(List<String> cells) {
        if (cells.size() != columns.names().size()) {
            throw problem(
                    "expected %d columns, got %d".formatted(columns.names().size(), cells.size()),
                    null);
        }
        var data =
                ByteBuffer.allocate((cells.size() - 1) * type.bytes())
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < cells.size(); i++) {
            if (i != columns.label()) {
                try {
                    type.write(data, Double.parseDouble(cells.get(i)));
                } catch (NumberFormatException e) {
                    throw problem(
                            "column \"%s\" is no number: \"%s\""
                                    .formatted(columns.names().get(i), cells.get(i)),
                            e);
                } catch (MillraceException e) {
                    throw problem("column \"" + columns.names().get(i) + "\": " + e.text(), e);
                }
            }
        }
        return new Sample(labels.bytes(cells.get(columns.label())), data.array());
    }

    private MillraceException problem(String what, @Nullable Exception cause) {
        String message = "%s, line %d: %s".formatted(path, line, what);
        return cause == null
                ? MillraceException.invalid(message)
                : new MillraceException(io.millrace.api.ErrorCode.INVALID, message, cause);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
