package io.millrace.cli;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.client.ApiResource;
import io.millrace.client.Applied;
import io.millrace.client.ObjectStoreApi.Credential;
import io.millrace.client.ObjectStoreApi.ObjectStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "buckets",
        description = {
            "Say who may come to the object store inside, and have objects become records.",
            "Any client of S3 can use the store inside; its buckets belong to the project."
        })
final class BucketsCommand {

    private final CliContext context;

    BucketsCommand(CliContext context) {
        this.context = context;
    }

    @Command(
            name = "credentials",
            description = {
                "Make keys for a user of the project's buckets, or list the users.",
                "The secret key is shown this once. A user of that name that is there already gets"
                        + " new keys, and the old ones are void at once."
            },
            footer = {
                "",
                "Example: millrace buckets credentials camera",
                "         millrace buckets credentials"
            })
    int credentials(
            @Parameters(
                            arity = "0..1",
                            paramLabel = "NAME",
                            description = "Of the user; without it, users are listed.")
                    Optional<String> name) {
        return name.map(this::make).orElseGet(this::list);
    }

    private int make(String name) {
        Credential made =
                context.client().objectStore().make(context.project(), new ResourceName(name));
        var out = context.terminal().out();
        made.endpoint().ifPresent(endpoint -> out.println("AWS_ENDPOINT_URL=" + endpoint));
        out.println("AWS_ACCESS_KEY_ID=" + made.user().accessKey());
        out.println("AWS_SECRET_ACCESS_KEY=" + made.secretKey());
        if (made.endpoint().isEmpty()) {
            context.terminal().err().println("the server does not serve S3: s3.port is off");
        }
        return 0;
    }

    private int list() {
        ObjectStore store = context.client().objectStore().get(context.project());
        context.terminal()
                .err()
                .println(
                        store.endpoint()
                                .map(endpoint -> "S3 is at " + endpoint)
                                .orElse("the server does not serve S3: s3.port is off"));
        if (store.users().isEmpty()) {
            context.terminal()
                    .err()
                    .println(
                            "project %s has no users; make one with: millrace buckets credentials NAME"
                                    .formatted(context.project()));
            return 0;
        }
        var table = new Table(List.of("NAME", "ACCESS KEY", "MADE"));
        store.users()
                .forEach(user -> table.add(List.of(user.name(), user.accessKey(), user.made())));
        table.print(context.terminal(), "");
        return 0;
    }

    @Command(name = "revoke", description = "Remove a user; its keys are void at once.")
    int revoke(@Parameters(paramLabel = "NAME", description = "Of the user.") String name) {
        context.client().objectStore().remove(context.project(), new ResourceName(name));
        context.terminal().out().println("user " + name + " of the object store removed");
        return 0;
    }

    @Command(
            name = "watch",
            description = {
                "Have the objects of a bucket become records of a data source.",
                "Makes the data source, and a secret where keys are given. With --address or --target"
                        + " the server sets the store up, keeps it so, and takes that back when the data"
                        + " source is deleted."
            },
            footer = {
                "",
                "Example: millrace buckets watch -b uploads --suffix .png",
                "         millrace buckets watch -b images -e http://ceph:8000 --region default -a KEY -s @key.txt \\",
                "             --suffix .jpg --address http://millrace:8080/projects/default/sources/images"
            })
    int watch(
            @Mixin BucketWatch watch,
            @Option(
                            names = "--wait",
                            defaultValue = "60s",
                            paramLabel = "TIME",
                            description =
                                    "For it to be ready, the store set up included (${DEFAULT-VALUE}).")
                    Duration wait) {
        watch.problem()
                .ifPresent(problem -> {
                    throw MillraceException.invalid(problem);
                });
        watch.checkNames();
        String declaration = watch.declaration(context.project());
        // Refused before anything is made.
        var _ = context.client().apply(context.project(), declaration, true);
        keepSecrets(watch);
        List<Applied> applied = context.client().apply(context.project(), declaration, false);
        applied.forEach(one -> context.terminal().out().println(one.label() + " " + one.change()));
        return awaitReady(applied, wait);
    }

    private void keepSecrets(BucketWatch watch) {
        var arguments = new SecretArguments(context);
        if (watch.secret.isEmpty() && watch.accessKey.isPresent()) {
            keep(
                    watch.source() + "-store",
                    arguments.read(
                            List.of(
                                    "accessKey=" + watch.accessKey.get(),
                                    "secretKey=" + watch.secretKey.orElseThrow())));
        }
        watch.opaqueData.ifPresent(text ->
                keep(watch.source() + "-sender", arguments.read(List.of("opaqueData=" + text))));
    }

    private void keep(String name, Map<String, String> values) {
        context.client().secrets().put(context.project(), new ResourceName(name), values);
        context.terminal().out().println("secret " + name + " set");
    }

    private int awaitReady(List<Applied> applied, Duration wait) {
        List<ApiResource> pending =
                new Readiness(context.client(), context.time())
                        .await(applied.stream().map(Readiness::keyOf).toList(), wait, _ -> true);
        if (pending.isEmpty()) {
            context.terminal().err().println("ready: put an object to try it");
            return 0;
        }
        for (ApiResource resource : pending) {
            context.terminal()
                    .err()
                    .println(resource.label() + " is not ready: " + Readiness.describe(resource));
        }
        return 1;
    }
}
