package io.millrace.cli;

import io.millrace.api.ResourceKey;
import io.millrace.client.ModelsApi;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "traffic",
        description = "Show how calls are divided among versions and how that goes, or change it.",
        footer = {
            "",
            "Example: millrace models traffic digits --canary 2 --percent 10 --sticky x-user",
            "         millrace models traffic digits --shadow 2",
            "         millrace models traffic digits --by-alias"
        })
final class ModelsTrafficCommand implements Callable<Integer> {

    private final CliContext context;

    @Parameters(paramLabel = "NAME", description = "Of the model.")
    private String name = "";

    @ArgGroup private @Nullable Rule rule;

    @Option(
            names = "--percent",
            paramLabel = "NUMBER",
            description = "The share of the canary, or of the shadow (default: 100).")
    private @Nullable Integer percent;

    @Option(
            names = "--sticky",
            paramLabel = "HEADER",
            description = "The header by whose value callers of a canary are divided.")
    private @Nullable String sticky;

    @Mixin private final OutputOption output = new OutputOption();

    @Spec private @Nullable CommandSpec spec;

    /** One of these. */
    private static final class Rule {
        @Option(
                names = "--canary",
                required = true,
                paramLabel = "VERSION",
                description = "Give a share of the calls to this version.")
        private int canary;

        @Option(
                names = "--shadow",
                required = true,
                paramLabel = "VERSION",
                description = "Give a share of the calls to this version, too, and compare.")
        private int shadow;

        @Option(
                names = "--pin",
                required = true,
                paramLabel = "VERSION",
                description = "Give all calls to this version, whatever the aliases say.")
        private int pin;

        @Option(
                names = "--by-alias",
                required = true,
                description = "Give all calls to the version in production.")
        private boolean byAlias;
    }

    ModelsTrafficCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        ResourceKey key = ModelRef.parse(name).key(context.project());
        ModelsApi models = context.client().models();
        Optional<ObjectNode> wanted = wanted();
        JsonNode traffic =
                wanted.isPresent() ? models.setTraffic(key, wanted.get()) : models.traffic(key);
        if (output.format() != OutputFormat.TABLE) {
            ResultPrinter.print(context.terminal(), output.format(), traffic);
            return 0;
        }
        context.terminal()
                .out()
                .println(key.label() + ": " + TrafficText.rule(traffic.path("rule")));
        if (wanted.isEmpty()) {
            report(traffic);
        }
        return 0;
    }

    private void report(JsonNode traffic) {
        String serving = traffic.path("serving").asString("");
        context.terminal()
                .out()
                .println(
                        serving.isEmpty() ? "no version serves" : "version " + serving + " serves");
        String remark = traffic.path("remark").asString("");
        if (!remark.isEmpty()) {
            context.terminal().out().println(Terminal.printable(remark));
        }
        TrafficText.printReport(context.terminal(), traffic, "");
    }

    /** The rule that the options make; empty when they make none. */
    private Optional<ObjectNode> wanted() {
        Rule chosen = rule;
        boolean isCanary = chosen != null && chosen.canary != 0;
        boolean isShadow = chosen != null && chosen.shadow != 0;
        if (sticky != null && !isCanary) {
            throw misused("--sticky goes with --canary");
        }
        if (percent != null && !isCanary && !isShadow) {
            throw misused("--percent goes with --canary or --shadow");
        }
        if (isCanary && percent == null) {
            throw misused("--canary needs --percent");
        }
        if (chosen == null) {
            return Optional.empty();
        }
        ObjectNode json = JsonMapper.shared().createObjectNode();
        if (isCanary) {
            share(json.putObject("canary"), chosen.canary);
        } else if (isShadow) {
            share(json.putObject("shadow"), chosen.shadow);
        } else if (chosen.byAlias) {
            json.putObject("byAlias");
        } else {
            json.putObject("pinned").put("version", chosen.pin);
        }
        return Optional.of(json);
    }

    private void share(ObjectNode settings, int version) {
        settings.put("version", version);
        if (percent != null) {
            settings.put("percent", percent);
        }
        if (sticky != null) {
            settings.put("stickyHeader", sticky);
        }
    }

    private ParameterException misused(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }
}
