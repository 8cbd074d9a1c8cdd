package io.millrace.cli;

import io.millrace.cli.manifest.ManifestDocument;
import io.millrace.cli.manifest.ManifestFiles;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option of all commands that read resources. */
final class FilesOption {

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR|-",
            description =
                    "Resources in YAML or JSON; may be given several times. Of a folder: its *.yaml,"
                            + " *.yml and *.json by name. '-' is standard input.")
    private final List<String> names = new ArrayList<>();

    @Option(
            names = "--external",
            description =
                    "Have a service's server.json use the broker that it names; else the embedded"
                            + " broker takes its place.")
    private boolean isExternal;

    boolean isGiven() {
        return !names.isEmpty();
    }

    List<ManifestDocument> read(CliContext context) {
        return new ManifestFiles(context.resolve(""), context.input(), isExternal).read(names);
    }
}
