package io.millrace.testkit;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.ModelServing;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

/** Models made of plain functions. Every model has one version, 1 unless told otherwise. */
public final class FakeModelServing implements ModelServing {

    private final Map<Key, Model> models = new ConcurrentHashMap<>();
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private volatile Consumer<Call> before = _ -> {};
    private volatile Runnable describing = () -> {};

    private final Set<Key> unloaded = ConcurrentHashMap.newKeySet();
    private volatile String stickyHeader = "";
    private volatile int answersAs = 1;

    private record Key(ProjectId project, ResourceName name) {}

    private record Model(
            List<Signature> signatures, Function<Call, List<Tensor>> compute, String notReady) {}

    /** Adds a model; {@code compute} may throw. */
    public void put(
            ProjectId project,
            String name,
            Signature signature,
            Function<Call, List<Tensor>> compute) {
        models.put(
                new Key(project, new ResourceName(name)),
                new Model(List.of(signature), compute, ""));
    }

    /** Adds a model that is known and not ready. */
    public void putNotReady(ProjectId project, String name, String why) {
        models.put(
                new Key(project, new ResourceName(name)),
                new Model(List.of(), _ -> List.of(), why));
    }

    /** Called ahead of each call; may throw, and then the call does not count. */
    public FakeModelServing before(Consumer<Call> next) {
        before = next;
        return this;
    }

    /** Called whenever a model is described; may throw. */
    public FakeModelServing describing(Runnable next) {
        describing = next;
        return this;
    }

    /** Which version answers say that they are of. */
    public FakeModelServing answeringAs(int version) {
        answersAs = version;
        return this;
    }

    /** All calls so far that found their model. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    @Override
    public Answer infer(Call call) {
        before.accept(call);
        Model model = ready(call.project(), call.model(), call.version());
        calls.add(call);
        Signature signature =
                model.signatures().stream()
                        .filter(s -> s.name().equals(call.signature()))
                        .findFirst()
                        .orElseThrow(() ->
                                MillraceException.notFound("no signature " + call.signature()));
        return new Answer(answersAs, signature, model.compute().apply(call));
    }

    @Override
    public Description describe(ProjectId project, ResourceName name, VersionRef version) {
        describing.run();
        return describe(name, ready(project, name, version));
    }

    @Override
    public List<Description> list(ProjectId project) {
        return models.entrySet().stream()
                .filter(entry -> entry.getKey().project().equals(project))
                .map(entry -> describe(entry.getKey().name(), entry.getValue()))
                .sorted(Comparator.comparing(Description::model))
                .toList();
    }

    @Override
    public String stickyHeader(ProjectId project, ResourceName name) {
        model(project, name);
        return stickyHeader;
    }

    @Override
    public void load(ProjectId project, ResourceName name) {
        model(project, name);
        unloaded.remove(new Key(project, name));
    }

    @Override
    public void unload(ProjectId project, ResourceName name) {
        model(project, name);
        unloaded.add(new Key(project, name));
    }

    /** Has canaries of all models divide callers by a header. */
    public FakeModelServing stickyBy(String header) {
        stickyHeader = header;
        return this;
    }

    private Model model(ProjectId project, ResourceName name) {
        Model model = models.get(new Key(project, name));
        if (model == null) {
            throw MillraceException.notFound("Model with name " + name + " does not exist.");
        }
        return model;
    }

    private static Description describe(ResourceName name, Model model) {
        boolean isReady = model.notReady().isEmpty();
        return new Description(
                name,
                List.of(new VersionState(1, isReady, model.notReady())),
                "fake",
                isReady ? Optional.of(1) : Optional.empty(),
                model.signatures());
    }

    private Model ready(ProjectId project, ResourceName name, VersionRef version) {
        Model model = model(project, name);
        if (version instanceof VersionRef.Numbered(int number) && number != 1) {
            throw MillraceException.notFound(
                    "Model with name " + name + " has no version " + number + ".");
        }
        if (version instanceof VersionRef.Alias(String alias) && !alias.equals("production")) {
            throw MillraceException.notFound(
                    "Model with name " + name + " has no version called '" + alias + "'.");
        }
        if (!model.notReady().isEmpty() || unloaded.contains(new Key(project, name))) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.UNAVAILABLE,
                    "Model with name " + name + " is not ready.");
        }
        return model;
    }
}
