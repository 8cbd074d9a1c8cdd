package io.millrace.inference.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionWorker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FunctionCallerTest {

    private final SlowWorker worker = new SlowWorker();
    private final FunctionCaller caller = FunctionCaller.start("g", worker, TimeSource.system());
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        worker.goOn.countDown();
        threads.shutdownNow();
        caller.close();
    }

    @Test
    void aCallWaitsNoLongerThanItsDeadlineAlsoWhileItsMessageIsWorkedOn() throws Exception {
        assertThat(failure(call("[1]", Duration.ofMillis(50)))).isEqualTo(ErrorCode.TIMEOUT);
    }

    @Test
    void anInterruptedCallLeavesTheWorkerAndTheOtherCallsAlone() throws Exception {
        Future<byte[]> first = call("[1]", Duration.ofSeconds(30));
        assertThat(worker.hasBegun.await(30, TimeUnit.SECONDS)).isTrue();
        Future<byte[]> second = call("[2]", Duration.ofSeconds(30));
        first.cancel(true);
        worker.goOn.countDown();
        assertThat(second.get(30, TimeUnit.SECONDS)).asString().isEqualTo("[2]");
        assertThat(worker.wasInterrupted).isFalse();
    }

    @Test
    void aWorkerThatThrowsFailsAllCallsOfTheBatchAndNoOther() throws Exception {
        Future<byte[]> first = call("[1]", Duration.ofSeconds(30));
        assertThat(worker.hasBegun.await(30, TimeUnit.SECONDS)).isTrue();
        Future<byte[]> second = call("defect", Duration.ofSeconds(10));
        Future<byte[]> third = call("defect", Duration.ofSeconds(10));
        worker.goOn.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS)).asString().isEqualTo("[1]");
        assertThat(failure(second)).isEqualTo(ErrorCode.INTERNAL);
        assertThat(failure(third)).isEqualTo(ErrorCode.INTERNAL);
        assertThat(call("[4]", Duration.ofSeconds(30)).get()).asString().isEqualTo("[4]");
    }

    @Test
    void whoWaitsAtTheEndIsToldAndNobodyWaitsAfterIt() throws Exception {
        Future<byte[]> first = call("[1]", Duration.ofSeconds(30));
        assertThat(worker.hasBegun.await(30, TimeUnit.SECONDS)).isTrue();
        Future<?> end = threads.submit(caller::close);
        worker.goOn.countDown();
        end.get(30, TimeUnit.SECONDS);
        assertThat(first.get(30, TimeUnit.SECONDS)).asString().isEqualTo("[1]");
        assertThat(worker.isClosed).isTrue();
        assertThat(failure(call("[2]", Duration.ofSeconds(30)))).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    private Future<byte[]> call(String body, Duration timeout) {
        long deadline = TimeSource.system().nanoTime() + timeout.toNanos();
        return threads.submit(() -> caller.call(body.getBytes(StandardCharsets.UTF_8), deadline));
    }

    private static ErrorCode failure(Future<byte[]> call) throws Exception {
        try {
            call.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MillraceException reason) {
                return reason.code();
            }
            throw e;
        }
        throw new AssertionError("the call did not fail");
    }

    /** Gives back what it gets, the first batch not before it is told to go on. */
    private static final class SlowWorker implements FunctionWorker {
        private final CountDownLatch hasBegun = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final AtomicBoolean wasInterrupted = new AtomicBoolean();
        private final AtomicBoolean isClosed = new AtomicBoolean();

        @Override
        public List<FunctionResult> process(List<FunctionMessage> batch) {
            hasBegun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                wasInterrupted.set(true);
                Thread.currentThread().interrupt();
            }
            return batch.stream().map(SlowWorker::answer).toList();
        }

        private static FunctionResult answer(FunctionMessage message) {
            if (new String(message.payload(), StandardCharsets.UTF_8).equals("defect")) {
                throw new IllegalStateException("a defect of the worker");
            }
            return new FunctionResult.Sent(List.of(message.payload()));
        }

        @Override
        public WorkerState state() {
            return new WorkerState.Running(1);
        }

        @Override
        public void close() {
            isClosed.set(true);
        }
    }
}
