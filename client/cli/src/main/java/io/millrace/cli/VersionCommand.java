package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(name = "version", description = "Show the versions of this program and of the server.")
final class VersionCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final OutputOption output = new OutputOption();

    VersionCommand(CliContext context) {
        this.context = context;
    }

    /** The version of this program. */
    static String own() {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    @Override
    public Integer call() {
        String server = server();
        if (output.format() == OutputFormat.TABLE) {
            context.terminal().out().println("millrace " + own());
            context.terminal()
                    .out()
                    .println(
                            "server   "
                                    + (server.isEmpty()
                                            ? "none answers at " + context.serverAddress()
                                            : server + " at " + context.serverAddress()));
        } else {
            ObjectNode versions = JsonMapper.shared().createObjectNode().put("client", own());
            if (!server.isEmpty()) {
                versions.put("server", server);
            }
            ResultPrinter.print(context.terminal(), output.format(), versions);
        }
        return 0;
    }

    private String server() {
        try {
            return context.client().info().version();
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.TIMEOUT) {
                return "";
            }
            throw e;
        }
    }
}
