package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "register",
        description =
                "Make a trained model a version of a model, with the decoder of its samples. The"
                        + " server tries the version out before it answers.",
        footer = {"", "Example: millrace runs register mnist-wide --model digits"})
final class RunsRegisterCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final RunArgument run = new RunArgument();

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "Of the model (default: as the run).")
    private String model = "";

    @Option(
            names = "--model-version",
            paramLabel = "NUMBER",
            description = "Its number (default: the next).")
    private int version;

    @Mixin private final OutputOption output = new OutputOption();

    RunsRegisterCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ObjectNode request = request(model, version);
        context.terminal().showProgress("the server tries it out");
        JsonNode made = context.client().training().register(run.key(context), request);
        context.terminal().clearProgress();
        if (output.format() == OutputFormat.TABLE) {
            context.terminal()
                    .out()
                    .println(
                            "Model/%s version %d"
                                    .formatted(
                                            made.path("model").asString(""),
                                            made.path("version").asInt(0)));
        } else {
            ResultPrinter.print(context.terminal(), output.format(), made);
        }
        return 0;
    }

    static ObjectNode request(String model, int version) {
        ObjectNode request = JsonMapper.shared().createObjectNode();
        if (!model.isEmpty()) {
            request.put("model", model);
        }
        if (version != 0) {
            request.put("version", version);
        }
        return request;
    }
}
