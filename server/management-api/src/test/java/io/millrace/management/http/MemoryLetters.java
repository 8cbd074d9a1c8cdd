package io.millrace.management.http;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetterBox;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Letters in memory; jobs are as far as a test says. */
final class MemoryLetters implements DeadLetterBox {
    final List<DeadLetter> letters = new ArrayList<>();
    final List<LetterJob> jobs = new ArrayList<>();

    @Override
    public Page list(
            ResourceKey pipeline,
            LetterFilter filter,
            Set<DeadLetter.Fate> fates,
            LetterPosition from,
            int limit) {
        List<DeadLetter> found =
                letters.stream()
                        .filter(letter -> letter.place().compareTo(from) >= 0)
                        .filter(letter -> fates.isEmpty() || fates.contains(letter.fate()))
                        .filter(filter::matches)
                        .toList();
        return found.size() <= limit
                ? new Page(found, Optional.empty())
                : new Page(found.subList(0, limit), Optional.of(found.get(limit).place()));
    }

    @Override
    public Optional<DeadLetter> find(ResourceKey pipeline, LetterPosition place) {
        return letters.stream().filter(letter -> letter.place().equals(place)).findFirst();
    }

    @Override
    public Counts counts(ResourceKey pipeline) {
        return new Counts(letters.size(), 2, 3);
    }

    @Override
    public LetterJob start(ResourceKey pipeline, LetterJob.Action action, LetterFilter filter) {
        var job =
                new LetterJob(
                        "job-" + jobs.size(),
                        action,
                        filter,
                        LetterJob.State.RUNNING,
                        "",
                        0,
                        letters.size(),
                        0,
                        0,
                        0);
        jobs.add(job);
        return job;
    }

    @Override
    public List<LetterJob> jobs(ResourceKey pipeline) {
        return jobs;
    }

    @Override
    public LetterJob cancel(ResourceKey pipeline, String id) {
        return jobs.stream()
                .filter(job -> job.id().equals(id))
                .findFirst()
                .orElseThrow(() -> MillraceException.notFound("no job " + id));
    }
}
