package io.millrace.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ResourceKey;
import io.millrace.codec.objects.Notification.Found;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.SourceBinding;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Lists the buckets of a source again and again and tells of what was not there before, or was
 * another. What was seen is kept in a file, written after the log has the news of it: after a crash
 * some are told twice, and recognised.
 */
final class PolledArrival implements EventArrival {

    private static final int PAGE = 1_000;

    /** Of one field; what was seen of more does not fit into memory. */
    private static final int MOST_OBJECTS = 2_000_000;

    private final SourceBinding binding;
    private final Duration every;
    private final Intake intake;
    private final ObjectStore store;
    private final Path folder;
    private final Map<String, SeenObjects> seen = new HashMap<>();

    PolledArrival(
            SourceBinding binding, Duration every, Intake intake, ObjectStore store, Needs needs) {
        this.binding = binding;
        this.every = every;
        this.intake = intake;
        this.store = store;
        this.folder = folderOf(needs.folder(), binding.source());
    }

    private static Path folderOf(Path folder, ResourceKey source) {
        return folder.resolve(source.project().value()).resolve(source.name().value());
    }

    @Override
    public Duration step() {
        for (SourceBinding.Route route : binding.routes()) {
            look(route);
        }
        return every;
    }

    private void look(SourceBinding.Route route) {
        String field = route.field().value();
        SeenObjects before =
                seen.computeIfAbsent(field, name -> SeenObjects.read(folder.resolve(name)));
        var now = new SeenObjects();
        ObjectFilter filter = route.objects().orElse(ObjectFilter.ALL);
        String prefix = filter.ignoresCase() ? "" : filter.prefix();
        String after = "";
        boolean isChanged = false;
        while (true) {
            List<ObjectInfo> page = store.list(route.topic(), prefix, after, PAGE);
            isChanged |= tell(page, before, now);
            if (now.size() > MOST_OBJECTS) {
                throw new MillraceException(
                        ErrorCode.TOO_LARGE,
                        "more than %d objects begin with '%s' in bucket %s: have the store notify instead of looking, or name a narrower prefix"
                                .formatted(MOST_OBJECTS, prefix, route.topic()));
            }
            if (page.size() < PAGE) {
                break;
            }
            String last = page.getLast().key();
            if (last.compareTo(after) <= 0) {
                break; // a store that begins from the start again would keep us here for ever
            }
            after = last;
        }
        if (isChanged || now.size() != before.size()) {
            now.write(folder.resolve(field));
        }
        seen.put(field, now);
    }

    private boolean tell(List<ObjectInfo> page, SeenObjects before, SeenObjects now) {
        var news = new ArrayList<Found>();
        for (ObjectInfo object : page) {
            if (object.key().endsWith("/") && object.size() == 0) {
                continue; // what tools put there to show a folder
            }
            if (!before.has(object)) {
                news.add(new Found(event(object), ""));
            }
            now.add(object);
        }
        if (!news.isEmpty()) {
            var _ = intake.take(news, false);
        }
        return !news.isEmpty();
    }

    private static ObjectEvent event(ObjectInfo object) {
        return new ObjectEvent(
                "millrace:poll",
                object.bucket(),
                object.key(),
                object.key(),
                "ObjectCreated:Put",
                OptionalLong.of(object.size()),
                Optional.of(object.etag()),
                object.versionId(),
                Optional.of(Long.toHexString(object.modified().toEpochMilli())),
                Optional.empty(),
                object.modified(),
                Map.of(),
                Map.of(),
                Optional.empty());
    }

    /** Forgets what was seen for a source that is gone. */
    static void forget(Path folder, ResourceKey source) {
        SeenObjects.deleteAll(folderOf(Objects.requireNonNull(folder), source));
    }
}
