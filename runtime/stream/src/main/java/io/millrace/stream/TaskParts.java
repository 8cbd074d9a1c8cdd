package io.millrace.stream;

import io.millrace.api.PipelineSpec;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogTopic;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.PipelinePlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a task has open, and closes together.
 *
 * @param transactor where exactly once is declared
 * @param consumer of the inputs
 * @param headers of what it writes
 * @param answers of which it needs fields to write them
 * @param deadLetters where records that fail go
 * @param stages may be filled after it is opened
 * @param outlets may be filled after it is opened; none where there is a transactor
 */
record TaskParts(
        @Nullable LogTransactor transactor,
        LogConsumer consumer,
        OutputHeaders headers,
        SliceAnswers answers,
        DeadLetters deadLetters,
        List<Stage> stages,
        List<Outlet> outlets) {

    /** A transaction costs the same for few and for many: a poll may return so many times more. */
    private static final int POLLS_A_TRANSACTION = 5;

    /**
     * Opens what talks to the log. The transactor comes first: taking over its name ends what a
     * predecessor has left open, before the position in the input is asked for.
     */
    static TaskParts open(TaskContext context, PipelinePlan plan, int index, TaskControl control) {
        String group = TaskContext.groupOf(plan);
        boolean fromNow = plan.spec().from().start() == PipelineSpec.Start.LATEST;
        boolean isTransacted = plan.spec().delivery() == PipelineSpec.Delivery.EXACTLY_ONCE;
        var headers = new OutputHeaders(plan.pipeline());
        var deadLetters =
                new DeadLetters(
                        context.log(),
                        context.parking(),
                        context.time(),
                        control,
                        headers,
                        LogTopic.ofDeadLetters(plan.pipeline().project(), plan.pipeline().name()));
        LogTransactor transactor =
                isTransacted ? context.log().transactor(context.transactorOf(plan, index)) : null;
        try {
            LogConsumer consumer =
                    context.log()
                            .consumer(
                                    new ConsumerSpec(
                                            group,
                                            context.memberOf(index),
                                            fromNow ? plan.createdAt().toEpochMilli() : 0,
                                            isTransacted
                                                    ? POLLS_A_TRANSACTION * context.maxRecords()
                                                    : context.maxRecords()));
            return new TaskParts(
                    transactor,
                    consumer,
                    headers,
                    new SliceAnswers(),
                    deadLetters,
                    new ArrayList<>(),
                    new ArrayList<>());
        } catch (Throwable e) {
            if (transactor != null) {
                transactor.close();
            }
            throw e;
        }
    }

    void close() {
        Closing closing = new Closing();
        outlets.forEach(closing::close);
        stages.forEach(closing::close);
        if (transactor != null) {
            closing.close(transactor);
        }
        closing.close(consumer);
        closing.rethrow();
    }
}
