package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import io.millrace.spi.StreamLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends results to topics of another cluster. A declared topic that is missing there or may not
 * be written is no fault of the records: they wait until somebody mends it. One that a request asks
 * for is the request's own fault, or each sender could make all others wait; credentials that are
 * refused are {@code UNAVAILABLE} and nobody's fault. When nothing gets through the connection is
 * made anew, with what the secret says then.
 */
final class ClusterSink implements Sink {
    private final Supplier<StreamLog> cluster;
    private final Parking parking;
    private @Nullable StreamLog log;
    private @Nullable LogSink sink;

    /** Whether all of the write before was refused, each for a topic that its request asks for. */
    private boolean wasAllDenied;

    /** Opens the cluster when the first record is to be written. */
    ClusterSink(Supplier<StreamLog> cluster, Parking parking) {
        this.cluster = cluster;
        this.parking = parking;
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        List<ItemFailure> failures;
        try {
            failures = opened().write(batch);
        } catch (MillraceException e) {
            close();
            throw isOfTheRecord(e.code()) ? e : away(e.text(), e);
        }
        if (failures.isEmpty()) {
            wasAllDenied = false;
            return failures;
        }
        boolean isAllAway = failures.size() == batch.size();
        boolean isAllDenied = isAllAway;
        var judged = new ArrayList<ItemFailure>(failures.size());
        for (ItemFailure failure : failures) {
            boolean isOfTheRecord =
                    isOfTheRecord(failure.code())
                            || (isOfTheTopic(failure.code())
                                    && batch.get(failure.index()).isAskedFor());
            isAllAway &= !isOfTheRecord;
            isAllDenied &= failure.code() == ErrorCode.DENIED;
            judged.add(
                    isOfTheRecord
                            ? failure
                            : new ItemFailure(
                                    failure.index(), ErrorCode.UNAVAILABLE, failure.reason()));
        }
        // One request may ask for what is denied; when nobody gets through it may be the user.
        boolean isInVain = isAllAway || (isAllDenied && wasAllDenied);
        wasAllDenied = isAllDenied && !isInVain;
        if (isInVain) {
            close();
        }
        return judged;
    }

    private LogSink opened() {
        LogSink known = sink;
        if (known == null) {
            StreamLog opened = cluster.get();
            log = opened;
            known = LogSink.toOwnTopics(opened, parking);
            sink = known;
        }
        return known;
    }

    private static boolean isOfTheRecord(ErrorCode code) {
        return code == ErrorCode.TOO_LARGE || code == ErrorCode.INVALID;
    }

    private static boolean isOfTheTopic(ErrorCode code) {
        return code == ErrorCode.NOT_FOUND || code == ErrorCode.DENIED;
    }

    private static MillraceException away(String text, MillraceException cause) {
        return new MillraceException(ErrorCode.UNAVAILABLE, text, cause);
    }

    @Override
    public void close() {
        StreamLog opened = log;
        log = null;
        sink = null;
        if (opened != null) {
            opened.close();
        }
    }
}
