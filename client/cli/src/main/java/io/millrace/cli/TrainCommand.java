package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.client.ApiResource;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "train",
        description = {
            "Say how an experiment or a run does and, with --follow, show its training live. With"
                    + " --dataset the experiment trains on that, without waiting for a sender."
        },
        footer = {
            "",
            "Examples: millrace train mnist --follow",
            "          millrace train mnist --dataset digits --follow",
            "          millrace train run/mnist-small --follow"
        })
final class TrainCommand implements Callable<Integer> {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final int FAILED = 1;

    private final CliContext context;

    @Parameters(paramLabel = "EXPERIMENT|run/NAME", description = "What trains.")
    private String what = "";

    @Option(names = "--dataset", paramLabel = "NAME", description = "What it trains on.")
    private String dataset = "";

    @Option(names = "--follow", description = "Show the training until it has ended.")
    private boolean follow;

    @Mixin private final OutputOption output = new OutputOption();

    private String said = "";

    TrainCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (what.startsWith("run/") || what.startsWith("trainingrun")) {
            ResourceKey run = RunsCommand.run(context, what);
            if (follow) {
                new RunProgress(context, output.format()).follow(run);
            }
            return verdict(context.client().get(run));
        }
        ResourceKey experiment =
                ResourceKey.of(
                        Kind.EXPERIMENT,
                        context.project(),
                        new ResourceName(what.substring(what.indexOf('/') + 1)));
        // What is said of a spec before this one says nothing of the training that was asked for.
        long wanted = dataset.isEmpty() ? 0 : choose(experiment);
        if (follow) {
            followAll(experiment, wanted);
        }
        return verdict(context.client().get(experiment));
    }

    private long choose(ResourceKey experiment) {
        ObjectNode manifest = manifest(context.client().get(experiment));
        ((ObjectNode) manifest.path("spec")).put("dataset", dataset);
        return context.client().put(experiment, manifest).generation();
    }

    /** What a user would have written. */
    static ObjectNode manifest(ApiResource resource) {
        ObjectNode manifest = (ObjectNode) resource.json().deepCopy();
        manifest.remove("status");
        return manifest;
    }

    /** One run after the other: each tells all from its own beginning. */
    private void followAll(ResourceKey experiment, long wanted) {
        Set<String> followed = new LinkedHashSet<>();
        var progress = new RunProgress(context, output.format());
        while (!Thread.currentThread().isInterrupted()) {
            ApiResource now = context.client().get(experiment);
            boolean isNew = false;
            for (String run : runs(now)) {
                if (followed.add(run)) {
                    isNew = true;
                    progress.follow(
                            ResourceKey.of(
                                    Kind.TRAINING_RUN,
                                    experiment.project(),
                                    new ResourceName(run)));
                }
            }
            String reason =
                    now.ready()
                            .filter(ready ->
                                    ready.observedGeneration()
                                            >= Math.max(wanted, now.generation()))
                            .map(Condition::reason)
                            .orElse("");
            if (!isNew && isOver(reason)) {
                return;
            }
            if (followed.isEmpty()) {
                tell(now);
            }
            context.time().pause(BETWEEN_LOOKS);
        }
    }

    private static boolean isOver(String reason) {
        return switch (reason) {
            case "Finished", "RunsFailed", "Kept" -> true;
            default -> isUnknown(reason);
        };
    }

    /** It names something that does not exist, such as a dataset. */
    private static boolean isUnknown(String reason) {
        return reason.startsWith("Unknown");
    }

    private static Set<String> runs(ApiResource experiment) {
        var runs = new LinkedHashSet<String>();
        experiment
                .status()
                .path("details")
                .properties()
                .forEach(detail -> {
                    if (detail.getKey().startsWith("run ")) {
                        runs.add(detail.getKey().substring("run ".length()));
                    }
                });
        return runs;
    }

    private void tell(ApiResource experiment) {
        String now = experiment.ready().map(Condition::message).orElse("");
        if (!now.equals(said) && !now.isEmpty()) {
            said = now;
            context.terminal().err().println(experiment.label() + ": " + Terminal.printable(now));
        }
    }

    private int verdict(ApiResource resource) {
        Terminal terminal = context.terminal();
        terminal.clearProgress();
        if (output.format() != OutputFormat.TABLE) {
            if (!follow) {
                ResultPrinter.print(terminal, output.format(), resource.json());
            }
        } else {
            String text =
                    resource.ready().map(ConditionText::of).orElse("it has not been looked at yet");
            terminal.out().println(resource.label() + "  " + text);
        }
        // A fault of a spec that was corrected is none any more.
        String reason =
                resource.ready()
                        .filter(ready -> ready.observedGeneration() >= resource.generation())
                        .map(Condition::reason)
                        .orElse("");
        boolean isFailed =
                reason.equals("Failed") || reason.equals("RunsFailed") || isUnknown(reason);
        return isFailed ? FAILED : 0;
    }
}
