package io.millrace.training.run;

import io.millrace.spi.RunEvent;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives somebody the events of a run, at their pace, on a thread of their own. */
final class Follower implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Follower.class);

    private final RunRecord record;
    private final Consumer<RunEvent> listener;
    private final Thread thread;

    private Follower(RunRecord record, Consumer<RunEvent> listener) {
        this.record = record;
        this.listener = listener;
        this.thread = Thread.ofVirtual().name("run-follower").unstarted(this::follow);
    }

    static Follower start(RunRecord record, Consumer<RunEvent> listener) {
        Follower follower = new Follower(record, listener);
        follower.thread.start();
        return follower;
    }

    private void follow() {
        var cursor = new RunRecord.Cursor();
        try {
            while (true) {
                List<RunEvent> news = record.await(cursor);
                if (news.isEmpty()) {
                    return;
                }
                for (RunEvent event : news) {
                    if (Thread.currentThread().isInterrupted()) {
                        return;
                    }
                    listener.accept(event);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.warn("Who follows {} failed and gets nothing more", record.plan().run(), e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
