package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "sources", description = "Get client certificates of data sources.")
final class SourcesCommand {

    private final CliContext context;

    SourcesCommand(CliContext context) {
        this.context = context;
    }

    @Command(
            name = "certs",
            description =
                    "Make a new client certificate for a data source and save it with its private"
                            + " key as a zip of ca.crt, client.crt and client.key.",
            footer = {
                "",
                "Example: millrace sources certs mqtt-camera -o certs.zip && unzip certs.zip -d"
                        + " certs"
            })
    int certs(
            @Parameters(paramLabel = "NAME", description = "Of the data source.") String name,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FILE.zip",
                            required = true,
                            description = "Where to save it; '-' is standard output.")
                    String file,
            @Option(names = "--force", description = "Replace the file when it exists.")
                    boolean force)
            throws IOException {
        Path path = context.resolve(file);
        if (!file.equals("-") && !force && Files.exists(path)) {
            throw new MillraceException(
                    ErrorCode.CONFLICT, file + " exists; replace it with --force");
        }
        byte[] zip = context.client().certificates(context.project(), new ResourceName(name));
        if (file.equals("-")) {
            context.terminal().out().write(zip);
            return 0;
        }
        save(path, zip, force);
        context.terminal()
                .out()
                .println(file + " saved: ca.crt, client.crt and client.key, which is a secret");
        return 0;
    }

    /** Written for its owner alone: it holds a private key. */
    private static void save(Path path, byte[] zip, boolean force) {
        try {
            if (force) {
                Files.deleteIfExists(path);
            }
            Set<StandardOpenOption> options =
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            try (var channel = Files.newByteChannel(path, options, ownerOnly(path))) {
                var buffer = java.nio.ByteBuffer.wrap(zip);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
        } catch (FileAlreadyExistsException e) {
            throw new MillraceException(
                    ErrorCode.CONFLICT, path + " exists; replace it with --force", e);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "cannot write " + path + ": " + e.getMessage(), e);
        }
    }

    private static FileAttribute<?>[] ownerOnly(Path path) {
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }
}
