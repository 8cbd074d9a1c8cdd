package io.millrace.control;

import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.store.StoreImage;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives each experiment that waits the next free number of its project, from 1: senders name it by
 * that. It is kept in the status.
 */
final class ExperimentNumbers {
    static final String DETAIL = "number";

    private record Given(String uid, long number) {}

    /** What was given, until the status says so. */
    private final Map<ResourceKey, Given> given = new ConcurrentHashMap<>();

    /** The number that the status of an experiment says. */
    static OptionalLong of(Resource<?> experiment) {
        String number = experiment.status().details().get(DETAIL);
        return number == null || !number.matches("[0-9]{1,18}")
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseLong(number));
    }

    /** The number of an experiment: always the same for one incarnation. */
    synchronized long number(Resource<ExperimentSpec> experiment, StoreImage image) {
        ResourceKey key = experiment.key();
        OptionalLong known = of(experiment);
        if (known.isPresent()) {
            given.put(key, new Given(experiment.metadata().uid(), known.getAsLong()));
            return known.getAsLong();
        }
        Given before = given.get(key);
        if (before != null && before.uid().equals(experiment.metadata().uid())) {
            return before.number();
        }
        long highest = 0;
        for (Resource<?> other : image.all(Kind.EXPERIMENT, key.project())) {
            highest = Math.max(highest, of(other).orElse(0));
        }
        for (Map.Entry<ResourceKey, Given> entry : given.entrySet()) {
            if (entry.getKey().project().equals(key.project())) {
                highest = Math.max(highest, entry.getValue().number());
            }
        }
        given.put(key, new Given(experiment.metadata().uid(), highest + 1));
        return highest + 1;
    }

    /** Forgets an experiment. */
    synchronized void remove(ResourceKey key) {
        given.remove(key);
    }
}
