package io.millrace.kafkaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ExperimentSpec;
import io.millrace.api.FunctionSpec.Source;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ModelDefinitionSpec.Library;
import io.millrace.api.ModelSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ProjectSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.spi.BlobStore;
import io.millrace.spi.TrainingState.Phase;
import io.millrace.store.InMemoryResourceStore;
import io.millrace.store.ResourceStore;
import io.millrace.store.StoreImage;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainedModelsTest {

    private static final ResourceKey MODEL =
            ResourceKey.of(Kind.MODEL, ProjectId.DEFAULT, "digits");

    @TempDir Path folder;

    @Test
    void aVersionThatSomebodyAddsMeanwhileIsNotLost() throws Exception {
        try (var store = new Racing()) {
            store.put(
                    new Manifest<>(
                            ResourceKey.ofProject(ProjectId.DEFAULT),
                            "",
                            Map.of(),
                            new ProjectSpec("", List.of(), List.of("local"))),
                    Optional.empty());
            Resource<ModelDefinitionSpec> definition =
                    store.put(
                            manifest(
                                    Kind.MODEL_DEFINITION,
                                    new ModelDefinitionSpec(
                                            Library.KERAS,
                                            "",
                                            new Source("model.py", "model = 1"),
                                            List.of())),
                            Optional.empty());
            var settings =
                    new TrainingSettings(
                            1,
                            Map.of(),
                            Map.of(),
                            0,
                            false,
                            TrainingSettings.DEFAULT_TIMEOUT,
                            TrainingSettings.DEFAULT_MEMORY);
            Resource<ExperimentSpec> deployment =
                    store.put(
                            manifest(
                                    Kind.EXPERIMENT,
                                    new ExperimentSpec(
                                            List.of(definition.key().name()),
                                            settings,
                                            Optional.empty(),
                                            true,
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.empty())),
                            Optional.empty());
            Resource<TrainingRunSpec> run =
                    store.put(
                            manifest(
                                    Kind.TRAINING_RUN,
                                    new TrainingRunSpec(
                                            definition.key().name(),
                                            new ResourceName("samples"),
                                            Optional.empty(),
                                            settings,
                                            Optional.empty(),
                                            Optional.empty(),
                                            false)),
                            Optional.empty());
            var results = new FakeResults(Files.writeString(folder.resolve("model"), "weights"));
            results.become(run.key(), Phase.FINISHED, "");
            var models =
                    new TrainedModels(
                            new Catalog(
                                    store,
                                    ProjectId.DEFAULT,
                                    Ledger.open(folder.resolve("ledger.json"))),
                            results,
                            new OneBlob());

            var version =
                    models.version(
                            new Catalog.Result(deployment, definition, Optional.of(run)), run);

            assertThat(version.number()).isEqualTo(2);
            assertThat(store.image().find(MODEL, ModelSpec.class).orElseThrow().spec().versions())
                    .extracting(ModelSpec.Version::uri)
                    .containsExactly(
                            "blob:sha256:" + "a".repeat(64), "blob:sha256:" + OneBlob.HASH);
        }
    }

    private static <S extends Spec> Manifest<S> manifest(Kind kind, S spec) {
        return new Manifest<>(
                ResourceKey.of(kind, ProjectId.DEFAULT, "digits"), "", Map.of(), spec);
    }

    /** Somebody else writes the model between the first look at it and the first write. */
    private static final class Racing implements ResourceStore {
        private final InMemoryResourceStore store =
                new InMemoryResourceStore(TimeSource.system(), IdSource.random());
        private boolean hasRaced;

        @Override
        public <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected) {
            if (manifest.key().equals(MODEL) && !hasRaced) {
                hasRaced = true;
                var version =
                        new ModelSpec.Version(1, "blob:sha256:" + "a".repeat(64), Optional.empty());
                store.put(
                        new Manifest<>(
                                MODEL,
                                "",
                                Map.of(),
                                ModelSpec.of("tensorflow", List.of(version), Map.of())),
                        Optional.empty());
            }
            return store.put(manifest, expected);
        }

        @Override
        public StoreImage image() {
            return store.image();
        }

        @Override
        public boolean putStatus(ResourceKey key, String uid, Status status) {
            return store.putStatus(key, uid, status);
        }

        @Override
        public boolean delete(ResourceKey key, Optional<Revision> expected) {
            return store.delete(key, expected);
        }

        @Override
        public Watch watch(Revision after, Watcher watcher) {
            return store.watch(after, watcher);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    private static final class OneBlob implements BlobStore {
        static final String HASH = "b".repeat(64);

        @Override
        public String put(InputStream content, long maxBytes) {
            return HASH;
        }

        @Override
        public boolean contains(String sha256) {
            return true;
        }

        @Override
        public Path open(String sha256) {
            return Path.of(sha256);
        }
    }
}
