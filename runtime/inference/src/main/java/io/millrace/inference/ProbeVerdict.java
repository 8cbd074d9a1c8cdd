package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.ModelVersionStatus.Check;
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
     * @param checks what trying it showed, for people
     */
    record Accepted(List<TriedSignature> signatures, List<Check> checks) implements ProbeVerdict {
        public Accepted {
            signatures = List.copyOf(signatures);
            checks = List.copyOf(checks);
        }

        /** The same with further checks. */
        Accepted with(Check... more) {
            var all = new ArrayList<>(checks);
            all.addAll(List.of(more));
            return new Accepted(signatures, all);
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
            case Accepted(List<TriedSignature> signatures, List<Check> checks) -> {
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
                for (Check check : checks) {
                    line(out, "check", check.name(), check.result());
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
        try {
            return read(lines.get(1), lines.subList(2, lines.size() - 1));
        } catch (IllegalArgumentException e) {
            throw damaged();
        }
    }

    private static ProbeVerdict read(String verdict, List<String> facts) {
        String[] second = fields(verdict);
        if (second[0].equals("rejected") && second.length == 3) {
            return new Rejected(second[1], Boolean.parseBoolean(second[2]));
        }
        if (!second[0].equals("accepted")) {
            throw damaged();
        }
        var signatures = new ArrayList<TriedSignature>();
        var checks = new ArrayList<Check>();
        for (String line : facts) {
            String[] fields = fields(line);
            if (fields[0].equals("signature") && fields.length == 6) {
                signatures.add(
                        new TriedSignature(
                                fields[1],
                                fields[2],
                                Batching.valueOf(fields[3]),
                                Boolean.parseBoolean(fields[4]),
                                fields[5]));
            } else if (fields[0].equals("check") && fields.length == 3) {
                checks.add(new Check(fields[1], fields[2]));
            } else {
                throw damaged();
            }
        }
        return new Accepted(signatures, checks);
    }

    private static MillraceException damaged() {
        return MillraceException.invalid("the probe's report is damaged");
    }

    /** First line of a report; the number grows when older reports must not be believed. */
    String HEADER = "millrace-probe 2";

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
