package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.client.ApiResource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "create",
        description = "Say which records of the log are samples, and how they are read.",
        footer = {
            "",
            "Example: millrace datasets create digits --range digits:0:0:1797 --type uint8",
            "             --shape 8,8 --label-type uint8 --validation 0.1 --test 0.1"
        })
final class DatasetsCreateCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "NAME", description = "Of the dataset.")
    private String name = "";

    @Option(
            names = "--range",
            paramLabel = "TOPIC:P:START:END",
            required = true,
            description =
                    "Where samples are, without the record at END; may be given several times.")
    private List<String> ranges = List.of();

    @Option(
            names = "--unlabelled",
            paramLabel = "TOPIC:P:START:END",
            description = "Where samples without label are; may be given several times.")
    private List<String> unlabelled = List.of();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "raw",
            description = "raw, avro, json, msgpack, csv, image or npy (default: raw).")
    private String format = "";

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Of raw numbers: uint8, float32, …")
    private String type = "";

    @Option(
            names = "--shape",
            paramLabel = "N,N",
            split = ",",
            description = "Of one sample, such as 28,28.")
    private List<Integer> shape = List.of();

    @Option(names = "--schema", paramLabel = "FILE", description = "The Avro schema of samples.")
    private String schema = "";

    @Option(
            names = "--field",
            paramLabel = "NAME",
            description = "A field that holds values, in order; may be given several times.")
    private List<String> fields = List.of();

    @Option(
            names = "--label",
            paramLabel = "WHERE",
            defaultValue = "key",
            description = "key, field:NAME or header:NAME (default: key).")
    private String label = "";

    @Option(
            names = "--label-format",
            paramLabel = "FORMAT",
            description = "How labels are written (default: as samples).")
    private String labelFormat = "";

    @Option(names = "--label-type", paramLabel = "TYPE", description = "Of raw labels.")
    private String labelType = "";

    @Option(
            names = "--label-schema",
            paramLabel = "FILE",
            description = "The Avro schema of labels.")
    private String labelSchema = "";

    @Option(
            names = "--validation",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Looked at after each epoch, 0 to 1 (default: 0).")
    private double validation;

    @Option(
            names = "--test",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Judged by at the end, 0 to 1 (default: 0).")
    private double test;

    @Option(
            names = "--order",
            paramLabel = "ORDER",
            defaultValue = "stratified",
            description = "stratified, shuffled or as-sent (default: stratified).")
    private String order = "";

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of the order.")
    private long seed;

    @Option(names = "--description", paramLabel = "TEXT", description = "For people.")
    private String description = "";

    @Mixin private final OutputOption output = new OutputOption();

    DatasetsCreateCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        var declaration = new Declaration(context, Kind.DATASET, name);
        fill(declaration);
        ApiResource made = context.client().put(declaration.key(), declaration.manifest());
        if (output.format() == OutputFormat.TABLE) {
            context.terminal().out().println(made.label() + " declared");
        } else {
            ResultPrinter.print(context.terminal(), output.format(), made.json());
        }
        return 0;
    }

    private void fill(Declaration declaration) {
        ObjectNode spec = declaration.spec();
        var labelled = spec.putArray("ranges");
        ranges.forEach(labelled::add);
        var others = spec.putArray("unlabelled");
        unlabelled.forEach(others::add);
        ObjectNode decode = decode(declaration, spec.putObject("decode"), format, type, schema);
        shape.forEach(decode.withArray("shape")::add);
        if (shape.isEmpty()) {
            decode.remove("shape");
        }
        if (!fields.isEmpty()) {
            fields.forEach(decode.withArray("fields")::add);
        }
        label(declaration, spec.putObject("label"));
        spec.putObject("split")
                .put("validation", validation)
                .put("test", test)
                .put("order", order)
                .put("seed", seed);
        spec.put("description", description);
    }

    private void label(Declaration declaration, ObjectNode node) {
        int colon = label.indexOf(':');
        String place = colon < 0 ? label : label.substring(0, colon);
        String what = colon < 0 ? "" : label.substring(colon + 1);
        if (!place.equals("key") && what.isEmpty()) {
            throw MillraceException.invalid(
                    "--label takes key, field:NAME or header:NAME, was " + label);
        }
        node.put("place", place);
        if (place.equals("header")) {
            node.put("name", what);
        }
        ObjectNode decode =
                decode(
                        declaration,
                        node.putObject("decode"),
                        labelFormat.isEmpty() ? format : labelFormat,
                        labelType,
                        labelSchema);
        if (place.equals("field")) {
            decode.put("field", what);
        }
    }

    private static ObjectNode decode(
            Declaration declaration,
            ObjectNode node,
            String how,
            String numbers,
            String schemaFile) {
        node.put("format", how);
        if (!numbers.isEmpty()) {
            node.put("type", numbers);
        }
        if (!schemaFile.isEmpty()) {
            node.put("schema", declaration.content(schemaFile));
        }
        return node;
    }
}
