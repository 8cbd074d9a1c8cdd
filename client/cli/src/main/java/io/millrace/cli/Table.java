package io.millrace.cli;

import io.millrace.cli.Terminal.Style;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Aligned columns: as wide as needed, two spaces apart, nothing after the last one. */
final class Table {

    private static final String GAP = "  ";

    private final List<String> headers;
    private final List<List<String>> rows = new ArrayList<>();
    private final int[] widths;

    Table(List<String> headers) {
        this.headers = List.copyOf(headers);
        this.widths = new int[headers.size()];
        widen(headers);
    }

    void add(List<String> cells) {
        List<String> row = cells.stream().map(Terminal::printable).toList();
        rows.add(row);
        widen(row);
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    String headerLine(Terminal terminal) {
        return terminal.styled(Style.BOLD, line(headers, null));
    }

    /** All rows, in their order. */
    List<String> rowLines(Terminal terminal) {
        return rows.stream().map(row -> line(row, terminal)).toList();
    }

    /** The newest row, in the widths so far. */
    String lastLine(Terminal terminal) {
        return line(rows.getLast(), terminal);
    }

    void print(Terminal terminal, String indent) {
        terminal.out().println(indent + headerLine(terminal));
        rowLines(terminal).forEach(row -> terminal.out().println(indent + row));
    }

    private String line(List<String> cells, @org.jspecify.annotations.Nullable Terminal terminal) {
        var line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            String cell = cells.get(i);
            line.append(terminal == null ? cell : colored(headers.get(i), cell, terminal));
            if (i + 1 < cells.size()) {
                line.append(" ".repeat(widths[i] - length(cell))).append(GAP);
            }
        }
        return line.toString().stripTrailing();
    }

    private static String colored(String header, String cell, Terminal terminal) {
        if (!header.equals("READY") && !header.equals("STATE")) {
            return cell;
        }
        return switch (cell.toLowerCase(Locale.ROOT)) {
            case "true", "ready" -> terminal.styled(Style.GREEN, cell);
            case "false", "rejected" -> terminal.styled(Style.RED, cell);
            default -> terminal.styled(Style.YELLOW, cell);
        };
    }

    private void widen(List<String> cells) {
        for (int i = 0; i < cells.size(); i++) {
            widths[i] = Math.max(widths[i], length(cells.get(i)));
        }
    }

    private static int length(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
