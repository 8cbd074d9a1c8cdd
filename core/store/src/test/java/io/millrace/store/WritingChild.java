package io.millrace.store;

import io.millrace.api.IdSource;
import io.millrace.api.TimeSource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** Puts one resource after the other and says so after each, until it is killed. */
final class WritingChild {

    private WritingChild() {}

    public static void main(String[] arguments) throws IOException {
        try (var store =
                        SqlResourceStore.openSqlite(
                                Path.of(arguments[0]), TimeSource.system(), IdSource.random());
                var out = new FileOutputStream(FileDescriptor.out)) {
            for (int i = 1; i < 100_000; i++) {
                store.put(Manifests.category("n" + i, "x"), Optional.empty());
                out.write((i + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        }
    }
}
