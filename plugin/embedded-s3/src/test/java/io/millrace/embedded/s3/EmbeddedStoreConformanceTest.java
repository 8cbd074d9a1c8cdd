package io.millrace.embedded.s3;

import io.millrace.api.DataSize;
import io.millrace.api.IdSource;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.conformance.ObjectStoreConformance;
import io.millrace.spi.ObjectStore;
import io.millrace.testkit.RecordingMeters;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The kit for all object stores. */
class EmbeddedStoreConformanceTest extends ObjectStoreConformance {

    @TempDir private Path folder;
    private @Nullable EmbeddedObjectStore store;

    @Override
    protected ObjectStore openStore() {
        var made =
                EmbeddedObjectStore.open(
                        new EmbeddedS3Config(folder.resolve("s3"), DataSize.ofMebibytes(1)),
                        TimeSource.system(),
                        IdSource.random(),
                        new RecordingMeters());
        store = made;
        return made.of(new ProjectId("shop"));
    }

    @AfterEach
    void closeAll() {
        EmbeddedObjectStore made = store;
        if (made != null) {
            made.close();
        }
    }
}
