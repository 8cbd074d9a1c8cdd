package io.millrace.store;

import static io.millrace.store.Manifests.category;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.Revision;
import io.millrace.api.TimeSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class InMemoryResourceStoreTest {

    @Nested
    class Conformance extends ResourceStoreConformance {
        @Override
        ResourceStore open(TimeSource time, IdSource ids) {
            return new InMemoryResourceStore(time, ids);
        }
    }

    @Test
    @Timeout(60)
    void slowWatcherIsCutOffAndOldRevisionsAreGone() throws Exception {
        var started = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var cutOff = new CountDownLatch(1);
        var heard = new AtomicInteger();
        try (var store =
                new StoreCore(
                        TreeImage.EMPTY,
                        Journal.NONE,
                        new ResourceStoreConformance.FixedTime(),
                        () -> "uid",
                        10)) {
            store.watch(
                    Revision.NONE,
                    new ResourceStore.Watcher() {
                        @Override
                        public void changed(Change change) {
                            heard.incrementAndGet();
                            started.countDown();
                            await(goOn);
                        }

                        @Override
                        public void cutOff() {
                            cutOff.countDown();
                        }
                    });
            store.put(category("a", "0"), Optional.empty());
            await(started);
            for (int i = 1; i <= 20; i++) {
                store.put(category("a", "v" + i), Optional.empty());
            }
            goOn.countDown();

            await(cutOff);
            assertThat(heard.get()).isEqualTo(1);
            assertThatThrownBy(() -> store.watch(new Revision(5), _ -> {}))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
            store.watch(new Revision(11), _ -> {}).close();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
