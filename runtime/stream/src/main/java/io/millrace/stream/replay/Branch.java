package io.millrace.stream.replay;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.Provenance;
import io.millrace.spi.StreamLog;
import io.millrace.stream.DryRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Keeps the answers of a replay in a topic of the log of their own. */
final class Branch {

    private final StreamLog log;
    private final String topic;
    private final String pipeline;

    Branch(StreamLog log, String topic, ResourceKey pipeline) {
        this.log = log;
        this.topic = topic;
        this.pipeline = pipeline.project() + "/" + pipeline.name();
    }

    void open() {
        log.ensureTopics(Set.of(topic));
    }

    /** Returns when the log has all answers to some records. */
    void append(List<LogRecord> records, List<DryRun.Outcome> outcomes, long nowMillis) {
        var appends = new ArrayList<CompletableFuture<Void>>();
        for (int i = 0; i < records.size(); i++) {
            for (byte[] payload : outcomes.get(i).payloads()) {
                var append = new CompletableFuture<Void>();
                appends.add(append);
                log.append(
                        outgoing(records.get(i), payload, outcomes.get(i).steps(), nowMillis),
                        failure -> {
                            if (failure == null) {
                                append.complete(null);
                            } else {
                                append.completeExceptionally(failure);
                            }
                        });
            }
        }
        try {
            appends.forEach(CompletableFuture::join);
        } catch (CompletionException e) {
            throw e.getCause() instanceof MillraceException known ? known : e;
        }
    }

    private OutgoingRecord outgoing(
            LogRecord record, byte[] payload, List<String> steps, long nowMillis) {
        var headers = new ArrayList<Header>(record.headers());
        headers.removeIf(header -> header.name().equals(HeaderNames.PROVENANCE));
        headers.add(
                Header.of(
                        HeaderNames.PROVENANCE,
                        new Provenance(
                                        pipeline,
                                        LogPosition.of(record).toString(),
                                        nowMillis,
                                        steps)
                                .text()));
        return new OutgoingRecord(topic, record.key(), payload, headers, record.timestampMillis());
    }
}
