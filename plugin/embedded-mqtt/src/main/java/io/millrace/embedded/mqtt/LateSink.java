package io.millrace.embedded.mqtt;

import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A sink that is opened with the first write. Pipelines are set up before the broker listens; what
 * they write until then is UNAVAILABLE, so they wait.
 */
final class LateSink implements Sink {

    private final Supplier<? extends Sink> opener;
    private @Nullable Sink sink;

    LateSink(Supplier<? extends Sink> opener) {
        this.opener = opener;
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        Sink open = sink;
        if (open == null) {
            open = opener.get();
            sink = open;
        }
        return open.write(batch);
    }

    @Override
    public void close() {
        if (sink != null) {
            sink.close();
        }
    }
}
