package io.millrace.cli;

import io.millrace.api.ResourceName;
import io.millrace.client.SecretsApi.SecretNames;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "secrets",
        description = {
            "Keep what the server proves itself with at other brokers and clusters.",
            "Values are never shown again."
        })
final class SecretsCommand {

    private final CliContext context;

    SecretsCommand(CliContext context) {
        this.context = context;
    }

    @Command(
            name = "set",
            description = {
                "Set a secret as a whole; connections that use it are made anew.",
                "A value that is written out stays in the history of the shell: @FILE reads it from"
                        + " a file, @- from standard input, both without the last line break."
            },
            footer = {
                "",
                "Example: millrace secrets set plant user=grid password=@password.txt",
                "         pass plant | millrace secrets set plant user=grid password=@-",
                "         millrace secrets set plant ca=@ca.crt certificate=@client.crt key=@client.key"
            })
    int set(
            @Parameters(paramLabel = "NAME", description = "Of the secret.") String name,
            @Parameters(
                            index = "1..*",
                            arity = "1..*",
                            paramLabel = "KEY=VALUE|KEY=@FILE|KEY=@-",
                            description = "All values of it.")
                    List<String> values) {
        SecretNames set =
                context.client()
                        .secrets()
                        .put(
                                context.project(),
                                new ResourceName(name),
                                new SecretArguments(context).read(values));
        context.terminal()
                .out()
                .println("secret " + set.name() + " set: " + String.join(", ", set.values()));
        return 0;
    }

    @Command(name = "list", description = "List secrets with the names of their values.")
    int list() {
        List<SecretNames> all = context.client().secrets().list(context.project());
        if (all.isEmpty()) {
            context.terminal()
                    .err()
                    .println("there are no secrets in project " + context.project());
            return 0;
        }
        var table = new Table(List.of("NAME", "VALUES"));
        all.forEach(secret -> table.add(List.of(secret.name(), String.join(",", secret.values()))));
        table.print(context.terminal(), "");
        return 0;
    }

    @Command(name = "delete", description = "Delete a secret.")
    int delete(@Parameters(paramLabel = "NAME", description = "Of the secret.") String name) {
        context.client().secrets().delete(context.project(), new ResourceName(name));
        context.terminal().out().println("secret " + name + " deleted");
        return 0;
    }
}
