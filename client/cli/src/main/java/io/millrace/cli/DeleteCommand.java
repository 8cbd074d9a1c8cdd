package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.cli.manifest.KServeManifests;
import io.millrace.cli.manifest.ManifestDocument;
import io.millrace.codec.kserve.KServeResources.SecretValues;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "delete", description = "Delete resources.")
final class DeleteCommand implements Callable<Integer> {

    private final CliContext context;

    @Mixin private final FilesOption files = new FilesOption();

    @Parameters(
            arity = "0..*",
            paramLabel = "KIND/NAME",
            description = "What to delete, as in pipeline/fashion-pipeline.")
    private final List<String> names = new ArrayList<>();

    @Option(
            names = "--ignore-not-found",
            description = "It is no error when a resource does not exist.")
    private boolean ignoreNotFound;

    @Spec private @Nullable CommandSpec spec;

    DeleteCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        var keys = new ArrayList<ResourceKey>();
        var secrets = new ArrayList<SecretValues>();
        if (files.isGiven()) {
            read(keys, secrets);
        }
        names.forEach(name -> keys.add(ResourceRef.parseOne(name).key(context.project())));
        if (keys.isEmpty() && secrets.isEmpty()) {
            throw new ParameterException(
                    java.util.Objects.requireNonNull(spec).commandLine(),
                    "say what to delete, as KIND/NAME or with -f FILE");
        }
        boolean allDeleted = true;
        for (ResourceKey key : keys) {
            allDeleted &= tryDelete(key.label(), () -> context.client().delete(key));
        }
        for (SecretValues secret : secrets) {
            allDeleted &=
                    tryDelete(
                            "Secret/" + secret.name(),
                            () ->
                                    context.client()
                                            .secrets()
                                            .delete(secret.project(), secret.name()));
        }
        return allDeleted ? 0 : 1;
    }

    private void read(List<ResourceKey> keys, List<SecretValues> secrets) {
        List<ManifestDocument> documents = files.read(context);
        KServeManifests foreign = files.foreign(context);
        documents.stream()
                .filter(document -> !foreign.isForeign(document))
                .forEach(document -> keys.add(keyOf(document)));
        var targets = foreign.targets(documents);
        keys.addAll(targets.keys());
        keys.sort(Collections.reverseOrder()); // users before what they use
        secrets.addAll(targets.secrets());
        targets.kept()
                .forEach(kept -> context.terminal().err().println(kept + ": nothing to delete"));
    }

    private ResourceKey keyOf(ManifestDocument document) {
        ProjectId project = document.project(context.project());
        String kind = document.tree().path("kind").asString("");
        return ResourceRef.parseOne(kind + "/" + document.name()).key(project);
    }

    private boolean tryDelete(String label, Runnable delete) {
        try {
            delete.run();
            context.terminal().out().println(label + " deleted");
            return true;
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.TIMEOUT) {
                throw e;
            }
            if (ignoreNotFound && e.code() == ErrorCode.NOT_FOUND) {
                return true;
            }
            context.terminal().err().println("millrace: " + label + ": " + e.text());
            return false;
        }
    }
}
