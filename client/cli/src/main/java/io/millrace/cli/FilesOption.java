package io.millrace.cli;

import io.millrace.cli.manifest.KServeManifests;
import io.millrace.cli.manifest.ManifestDocument;
import io.millrace.cli.manifest.ManifestFiles;
import io.millrace.cli.manifest.ManifestSet;
import io.millrace.client.Problem;
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

    /** Everything in our resources, whosever words the files have. */
    ManifestSet readAll(CliContext context) {
        List<ManifestDocument> documents = read(context);
        ManifestSet set = foreign(context).translate(documents);
        for (Problem warning : set.warnings()) {
            context.terminal().err().println("warning: " + warning);
        }
        context.terminal().err().flush();
        return set;
    }

    /** What takes files of others. */
    KServeManifests foreign(CliContext context) {
        return new KServeManifests(context.client(), context.chosenProject(), context.project());
    }

    /** The documents as they are written. */
    List<ManifestDocument> read(CliContext context) {
        return new ManifestFiles(context.resolve(""), context.input(), isExternal).read(names);
    }
}
