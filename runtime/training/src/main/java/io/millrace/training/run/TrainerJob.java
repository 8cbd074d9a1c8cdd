package io.millrace.training.run;

import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.codec.json.JsonMap;
import io.millrace.spi.TrainingPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a trainer is told. */
final class TrainerJob {

    /** Numeric libraries reserve much more than they use; what is used is watched. */
    private static final long RESERVED = 16L << 30;

    private static final long LARGEST_FILE = 16L << 30;
    private static final int PROCESSES = 512;

    /** What its libraries may take before the code of a definition is looked at. */
    static final Duration LOADING = Duration.ofMinutes(5);

    private TrainerJob() {}

    /** To build the model of a definition once. */
    static String check(ModelDefinitionSpec definition, TrainerSettings settings) {
        Map<String, Object> job =
                common("check", definition, settings, settings.checkMemory().bytes());
        job.put("deadline", seconds(settings.checkLimit()));
        job.put("loading", seconds(LOADING));
        return JsonMap.write(job);
    }

    /** To train. */
    static String train(TrainingPlan plan, RunSamples samples, TrainerSettings settings) {
        TrainingSettings how = plan.spec().settings();
        Map<String, Object> job =
                common("train", plan.definition(), settings, how.memory().bytes());
        job.put("resume", true);
        job.put("samples", samples.folder().toString());
        job.put("read", List.of(samples.folder().toString()));
        job.put("classes", samples.classes());
        addSettings(job, how);
        plan.spec()
                .semiSupervised()
                .ifPresent(semi ->
                        job.put(
                                "semiSupervised",
                                Map.of("rounds", semi.rounds(), "confidence", semi.confidence())));
        return JsonMap.write(job);
    }

    /** To train from a live stream, piece by piece. */
    static String online(TrainingPlan plan, Path piece, TrainerSettings settings) {
        TrainingSettings how = plan.spec().settings();
        Map<String, Object> job =
                common("train", plan.definition(), settings, how.memory().bytes());
        job.put("resume", true);
        job.put("read", List.of(piece.toString()));
        addSettings(job, how);
        plan.spec()
                .online()
                .ifPresent(online -> {
                    Map<String, Object> words = new LinkedHashMap<>();
                    words.put("metric", online.metric().orElse(""));
                    words.put("upward", online.isUpward());
                    words.put("improvement", online.improvement());
                    words.put("validation", plan.dataset().split().validation());
                    job.put("online", words);
                });
        return JsonMap.write(job);
    }

    private static Map<String, Object> common(
            String mode, ModelDefinitionSpec definition, TrainerSettings settings, long memory) {
        Map<String, Object> job = new LinkedHashMap<>();
        job.put("mode", mode);
        job.put("library", definition.library().name().toLowerCase(Locale.ROOT));
        job.put("imports", definition.imports());
        job.put("file", fileName(definition.source().file()));
        job.put("source", definition.source().code());
        job.put("confinement", settings.confinement().label());
        job.put("memory", memory);
        job.put(
                "limits",
                Map.of(
                        "file", LARGEST_FILE,
                        "data", 2 * memory + RESERVED,
                        "processes", PROCESSES));
        return job;
    }

    private static void addSettings(Map<String, Object> job, TrainingSettings how) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("batch", how.batch());
        words.put("fit", how.fit());
        words.put("evaluate", how.evaluate());
        words.put("seed", how.seed());
        words.put("confusion", how.hasConfusionMatrix());
        job.put("settings", words);
    }

    /** As messages show it; never a path. */
    private static String fileName(String file) {
        if (file.isEmpty()) {
            return "model.py";
        }
        Path name = Path.of(file.replace('\\', '/')).getFileName();
        return name == null ? "model.py" : name.toString();
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
