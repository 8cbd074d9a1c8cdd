package io.millrace.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ObjectNames;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.codec.objects.Notification.Found;
import io.millrace.codec.objects.ObjectEventJson;
import io.millrace.spi.EventLog;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogTopic;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectEvents.Received;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.StreamLog;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Puts news of objects into the log: each event into every field whose filter it passes, once. What
 * cannot be taken goes into the topic of refused events with the reason. Any thread.
 */
final class Intake {

    private static final int MOST_ORIGINAL = 64 << 10;

    private final ResourceKey source;
    private final StreamLog log;
    private final TimeSource time;
    private final EventLog events;
    private final SourceMeters meters;
    private final SeenEvents seen;
    private final Supplier<ObjectStore> store;
    private final List<FieldIntake> fields;
    private final Header sourceHeader;
    private final String refusedTopic;

    /** A field, made ready. */
    private record FieldIntake(
            String name, String bucket, String topic, EventFilter filter, List<Header> headers) {}

    Intake(
            SourceBinding binding,
            StreamLog log,
            TimeSource time,
            EventLog events,
            SourceMeters meters,
            SeenEvents seen,
            Supplier<ObjectStore> store) {
        this.source = binding.source();
        this.log = log;
        this.time = time;
        this.events = events;
        this.meters = meters;
        this.seen = seen;
        this.store = store;
        this.sourceHeader = Header.of(HeaderNames.SOURCE, source.project() + "/" + source.name());
        this.refusedTopic = LogTopic.ofRefused(source.project(), source.name());
        this.fields = binding.routes().stream().map(this::field).toList();
    }

    private FieldIntake field(SourceBinding.Route route) {
        return new FieldIntake(
                route.field().value(),
                route.topic(),
                route.logTopic(),
                new EventFilter(route.objects().orElse(ObjectFilter.ALL)),
                List.of(
                        sourceHeader,
                        Header.of(HeaderNames.FIELD, route.field().value()),
                        Header.of(HeaderNames.TOPIC, route.topic())));
    }

    /** Where refused events are kept. */
    String refusedTopic() {
        return refusedTopic;
    }

    /** What is counted for a message. */
    private static final class Tally {
        private int stored;
        private int passedOver;
        private int refused;
    }

    /** What is to be appended, and what is counted. */
    private final class Work {
        private final Appends appends = new Appends(log);
        private final Tally tally = new Tally();
        private final List<CompletableFuture<Void>> others = new ArrayList<>();
        private final Header received;

        Work() {
            Instant now = time.now();
            received =
                    Header.of(
                            HeaderNames.RECEIVED,
                            Long.toString(now.getEpochSecond() * 1_000_000_000L + now.getNano()));
        }
    }

    /**
     * Takes some events and waits until they are in the log.
     *
     * @param isOfOthers whether news of buckets of no field are to be expected, and no mistake
     * @throws MillraceException {@code UNAVAILABLE}, {@code OVERLOADED} when they cannot be kept
     *     now
     */
    Received take(List<Found> found, boolean isOfOthers) {
        var work = new Work();
        for (Found one : found) {
            take(one, isOfOthers, work);
        }
        return end(work);
    }

    /** Keeps something that no event can be made of. */
    Received refuse(ErrorCode code, String reason, byte[] original) {
        var work = new Work();
        refuse(code, reason, original, work);
        return end(work);
    }

    private Received end(Work work) {
        work.appends.alsoAwait(work.others);
        work.appends.await();
        meters.received().add(work.tally.stored);
        return new Received(work.tally.stored, work.tally.passedOver, work.tally.refused);
    }

    private void take(Found one, boolean isOfOthers, Work work) {
        ObjectEvent event = one.event();
        boolean isOurs = fields.stream().anyMatch(f -> f.bucket().equals(event.bucket()));
        if (!isOurs) {
            if (isOfOthers) {
                work.tally.passedOver++;
                return;
            }
            refuse(
                    ErrorCode.DENIED,
                    "news of the bucket '%s', which no field of this data source reads"
                            .formatted(ObjectNames.shown(event.bucket())),
                    original(one),
                    work);
            return;
        }
        var problem = ObjectNames.problemOfKey(event.key());
        if (problem.isPresent()) {
            refuse(ErrorCode.INVALID, problem.get(), original(one), work);
            return;
        }
        try {
            deliver(one, work);
        } catch (GuardedText.TooSlow e) {
            refuse(
                    ErrorCode.INVALID,
                    "the regular expression of the field finds no end for this key; write it without"
                            + " repetitions within repetitions",
                    original(one),
                    work);
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.OVERLOADED) {
                throw e;
            }
            refuse(e.code(), e.text(), original(one), work);
        }
    }

    private void deliver(Found one, Work work) {
        ObjectEvent event = one.event();
        var facts = new ObjectFacts(event, store);
        boolean isTaken = false;
        for (FieldIntake field : fields) {
            if (!field.bucket().equals(event.bucket())
                    || !field.filter().matches(event, () -> facts)) {
                continue;
            }
            isTaken = true;
            SeenEvents.Claim claim = seen.claim(field.name(), event, work.others);
            if (claim == null) {
                work.tally.passedOver++;
                meters.repeated().increment();
                continue;
            }
            work.tally.stored++;
            work.appends.add(record(field, one, work.received), claim::keep, claim::giveBack);
        }
        if (!isTaken) {
            work.tally.passedOver++;
            meters.filtered().increment();
        }
    }

    private OutgoingRecord record(FieldIntake field, Found one, Header received) {
        ObjectEvent event = one.event().withoutOpaqueData();
        var headers = new ArrayList<Header>(field.headers());
        headers.add(received);
        headers.add(Header.of(HeaderNames.OBJECT_BUCKET, event.bucket()));
        headers.add(Header.of(HeaderNames.OBJECT_KEY, event.key()));
        headers.add(Header.of(HeaderNames.OBJECT_EVENT, event.event()));
        event.size()
                .ifPresent(size ->
                        headers.add(Header.of(HeaderNames.OBJECT_SIZE, Long.toString(size))));
        event.etag().ifPresent(etag -> headers.add(Header.of(HeaderNames.OBJECT_ETAG, etag)));
        event.versionId()
                .filter(id -> !id.isEmpty())
                .ifPresent(id -> headers.add(Header.of(HeaderNames.OBJECT_VERSION, id)));
        return new OutgoingRecord(
                field.topic(),
                event.key().getBytes(StandardCharsets.UTF_8),
                ObjectEventJson.write(event, one.original()),
                List.copyOf(headers),
                time.epochMillis());
    }

    private static byte[] original(Found one) {
        return ObjectEventJson.write(one.event().withoutOpaqueData(), one.original());
    }

    private void refuse(ErrorCode code, String reason, byte[] original, Work work) {
        work.tally.refused++;
        meters.refused().increment();
        events.record(source, EventLog.Severity.WARNING, "EventRefused", reason);
        byte[] kept =
                original.length <= MOST_ORIGINAL
                        ? original
                        : java.util.Arrays.copyOf(original, MOST_ORIGINAL);
        work.appends.add(
                new OutgoingRecord(
                        refusedTopic,
                        null,
                        kept,
                        List.of(
                                sourceHeader,
                                work.received,
                                Header.of(HeaderNames.DEAD_CODE, code.name()),
                                Header.of(HeaderNames.DEAD_REASON, reason),
                                Header.of(HeaderNames.DEAD_STAGE, "source " + source.name())),
                        time.epochMillis()),
                () -> {},
                _ -> {});
    }
}
