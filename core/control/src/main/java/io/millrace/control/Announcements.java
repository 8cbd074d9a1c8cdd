package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.spi.DataAnnouncements.Announcement;
import io.millrace.spi.DataAnnouncements.Listener;
import io.millrace.spi.EventLog;
import io.millrace.store.ResourceStore;
import io.millrace.store.StoreImage;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a dataset of each announcement. Who waits for its number finds it in the store: the
 * reconciler of experiments decides that, so that the same announcement, given twice, changes
 * nothing.
 */
final class Announcements implements Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);

    private final ResourceStore store;
    private final EventLog events;

    Announcements(ResourceStore store, EventLog events) {
        this.store = store;
        this.events = events;
    }

    @Override
    public void announced(Announcement announcement) {
        StoreImage image = store.image();
        if (image.find(ResourceKey.ofProject(announcement.project())).isEmpty()) {
            LOG.warn(
                    "an announcement of samples at {} is left out: project {} does not exist",
                    announcement.position(),
                    announcement.project());
            return;
        }
        Announced said = Announced.of(announcement);
        ResourceKey key = place(announcement, said, image);
        if (image.find(key).isPresent()) {
            return;
        }
        Instant made;
        try {
            made =
                    store.put(
                                    new Manifest<DatasetSpec>(
                                            key,
                                            announcement.dataset().description(),
                                            said.labels(),
                                            announcement.dataset()),
                                    Optional.of(Revision.NONE))
                            .metadata()
                            .createdAt();
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.CONFLICT) {
                // Another reader of the same message was faster.
                return;
            }
            throw e;
        }
        whyNobodyTakesIt(said, key, made, store.image())
                .ifPresent(why -> {
                    LOG.warn("{} was announced and waits: {}", key, why);
                    events.record(key, EventLog.Severity.WARNING, "NobodyWaits", why);
                });
    }

    /** The same message has the same name; one of a log that began anew has another. */
    private static ResourceKey place(Announcement announcement, Announced said, StoreImage image) {
        var partition = announcement.position().partition();
        String name =
                "%s-%d-%d"
                        .formatted(
                                partition.topic().replaceAll("[^A-Za-z0-9.-]", "-"),
                                partition.index(),
                                announcement.position().offset());
        ResourceKey key = key(announcement, name);
        boolean isOther =
                image.find(key)
                        .filter(found -> !Announced.of(found).equals(Optional.of(said)))
                        .isPresent();
        return isOther
                ? key(announcement, name + "-" + Long.toString(said.time().toEpochMilli(), 36))
                : key;
    }

    private static ResourceKey key(Announcement announcement, String name) {
        return ResourceKey.of(Kind.DATASET, announcement.project(), new ResourceName(name));
    }

    private static Optional<String> whyNobodyTakesIt(
            Announced said, ResourceKey dataset, Instant made, StoreImage image) {
        Optional<String> why = Optional.empty();
        boolean isNumbered = true;
        for (var experiment : image.all(Kind.EXPERIMENT, dataset.project(), ExperimentSpec.class)) {
            var number = ExperimentNumbers.of(experiment);
            isNumbered &= number.isPresent() || !experiment.spec().isWaiting();
            if (number.isEmpty() || number.getAsLong() != said.number()) {
                continue;
            }
            why = whyNot(experiment, said, made, dataset, image);
            if (why.isEmpty()) {
                return why;
            }
        }
        return why.isPresent() || !isNumbered
                ? why
                : Optional.of("no experiment has number " + said.number());
    }

    private static Optional<String> whyNot(
            Resource<ExperimentSpec> experiment,
            Announced said,
            Instant made,
            ResourceKey dataset,
            StoreImage image) {
        if (!experiment.spec().isWaiting()) {
            return Optional.of(experiment.key().label() + " does not wait for samples");
        }
        if (!said.isFor(experiment.metadata(), made)) {
            return Optional.of(
                    "it was written at %s, before %s was made"
                            .formatted(said.time(), experiment.key().label()));
        }
        Optional<ResourceName> taken = ExperimentRounds.dataset(experiment, image);
        if (taken.isPresent() && countsForNextRound(experiment, taken.get(), dataset, image)) {
            return Optional.empty();
        }
        return taken.filter(name -> !name.equals(dataset.name()))
                .map(name ->
                        "%s has its samples already, dataset %s"
                                .formatted(experiment.key().label(), name));
    }

    /** An experiment that trains again takes what comes to its topics without an announcement. */
    private static boolean countsForNextRound(
            Resource<ExperimentSpec> experiment,
            ResourceName first,
            ResourceKey dataset,
            StoreImage image) {
        ResourceKey base = ResourceKey.of(Kind.DATASET, dataset.project(), first);
        Optional<DatasetSpec> known = image.find(base, DatasetSpec.class).map(Resource::spec);
        Optional<DatasetSpec> said = image.find(dataset, DatasetSpec.class).map(Resource::spec);
        return experiment.spec().retrain().isPresent()
                && known.isPresent()
                && said.isPresent()
                && RetrainRanges.topics(known.get()).containsAll(RetrainRanges.topics(said.get()));
    }
}
