package io.millrace.inference;

import io.millrace.api.MillraceException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What came of loading and trying a model in a process of its own. */
public sealed interface ProbeVerdict {

    /**
     * The model may be served.
     *
     * @param signatures all of them, in the engine's order
     */
    record Accepted(List<TriedSignature> signatures) implements ProbeVerdict {
        public Accepted {
            signatures = List.copyOf(signatures);
        }
    }

    /**
     * The model must not be served.
     *
     * @param reason for the person who made it
     * @param isFinal whether the same content can never do better, so that no second try is needed
     */
    record Rejected(String reason, boolean isFinal) implements ProbeVerdict {}

    /**
     * A signature and what trying it showed.
     *
     * @param name its name
     * @param text inputs and outputs in one line for people
     * @param batching how calls may share
     * @param hasRun whether a trial run succeeded, so that a warm-up makes sense
     * @param note what a trial run ran into; empty when all went well
     */
    record TriedSignature(
            String name, String text, Batching batching, boolean hasRun, String note) {}

    /** One line per fact, readable and complete only with its last line. */
    static String write(ProbeVerdict verdict) {
        var out = new StringBuilder(HEADER).append('\n');
        switch (verdict) {
            case Accepted(List<TriedSignature> signatures) -> {
                out.append("accepted\n");
                for (TriedSignature s : signatures) {
                    line(
                            out,
                            "signature",
                            s.name(),
                            s.text(),
                            s.batching().name(),
                            "" + s.hasRun(),
                            s.note());
                }
            }
            case Rejected(String reason, boolean isFinal) ->
                    line(out, "rejected", reason, "" + isFinal);
        }
        return out.append("end\n").toString();
    }

    /**
     * The opposite of {@link #write}.
     *
     * @throws MillraceException {@code INVALID} when the text is not complete
     */
    static ProbeVerdict read(String text) {
        List<String> lines = text.lines().toList();
        if (lines.size() < 3
                || !lines.getFirst().equals(HEADER)
                || !lines.getLast().equals("end")) {
            throw MillraceException.invalid("the probe's report is not complete");
        }
        String[] second = fields(lines.get(1));
        if (second[0].equals("rejected") && second.length == 3) {
            return new Rejected(second[1], Boolean.parseBoolean(second[2]));
        }
        var signatures = new ArrayList<TriedSignature>();
        for (String line : lines.subList(2, lines.size() - 1)) {
            String[] fields = fields(line);
            if (fields.length != 6) {
                throw MillraceException.invalid("the probe's report is damaged");
            }
            signatures.add(
                    new TriedSignature(
                            fields[1],
                            fields[2],
                            Batching.valueOf(fields[3]),
                            Boolean.parseBoolean(fields[4]),
                            fields[5]));
        }
        return new Accepted(signatures);
    }

    /** First line of a report; the number grows when older reports must not be believed. */
    String HEADER = "millrace-probe 1";

    private static void line(StringBuilder out, String... fields) {
        for (int i = 0; i < fields.length; i++) {
            out.append(i == 0 ? "" : "\t")
                    .append(URLEncoder.encode(fields[i], StandardCharsets.UTF_8));
        }
        out.append('\n');
    }

    private static String[] fields(String line) {
        String[] fields = line.split("\t", -1);
        for (int i = 0; i < fields.length; i++) {
            fields[i] = URLDecoder.decode(fields[i], StandardCharsets.UTF_8);
        }
        return fields;
    }
}
