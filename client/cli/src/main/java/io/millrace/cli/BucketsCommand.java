package io.millrace.cli;

import io.millrace.api.ResourceName;
import io.millrace.client.ObjectStoreApi.Credential;
import io.millrace.client.ObjectStoreApi.ObjectStore;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "buckets",
        description = {
            "Say who may come to the object store inside.",
            "Any client of S3 can use it; its buckets belong to the project."
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
}
