package io.millrace.embedded.s3;

import io.millrace.api.DataSize;
import io.millrace.api.IdSource;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectStoreHost.Credential;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;

/**
 * The process that {@link KilledStoreTest} kills: a store, and a listener that notes down what it
 * was told. Arguments: folder of the store, file of what was told, file for the way in.
 */
final class ServeUntilKilled {

    static final ProjectId PROJECT = new ProjectId("shop");
    static final String BUCKET = "goods";

    private ServeUntilKilled() {}

    public static void main(String[] arguments) throws Exception {
        var config = new EmbeddedS3Config(Path.of(arguments[0]), DataSize.ofMebibytes(1));
        try (var store =
                        EmbeddedObjectStore.open(
                                config,
                                TimeSource.system(),
                                IdSource.random(),
                                new RecordingMeters());
                var told =
                        FileChannel.open(
                                Path.of(arguments[1]),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.APPEND)) {
            store.of(PROJECT).ensureBucket(BUCKET);
            Credential user = store.make(PROJECT, new ResourceName("test"));
            AutoCloseable _ = store.tell((_, event) -> note(told, event));
            store.listen("127.0.0.1", 0);
            Path door = Path.of(arguments[2]);
            Path whole = door.resolveSibling("door.new");
            Files.writeString(
                    whole,
                    store.endpoint().orElseThrow()
                            + "\n"
                            + user.user().accessKey()
                            + "\n"
                            + user.secretKey());
            Files.move(whole, door, StandardCopyOption.ATOMIC_MOVE);
            new CountDownLatch(1).await();
        }
    }

    private static void note(FileChannel told, ObjectEvent event) {
        String line =
                "%s %s %s%n".formatted(event.event(), event.key(), event.etag().orElse("none"));
        try {
            told.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
