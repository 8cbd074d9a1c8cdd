package io.millrace.inference.transformer;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.TransformerSpec;
import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.inference.transformer.DeployedTransformer.Declared;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelServing;
import io.millrace.spi.Secrets;
import io.millrace.spi.TransformerHost;
import io.millrace.spi.TransformerLaunch;
import io.millrace.spi.TransformerReply;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerReply.Stages;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerRequest.Form;
import io.millrace.spi.TransformerServing;
import io.millrace.spi.TransformerWorker;
import io.millrace.spi.TransformerWorker.Prediction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transformers of this process. Control deploys them; the network faces and pipelines call
 * models through them. What their code asks of a model goes to the data plane directly.
 *
 * <pre>
 *   call ─▶ DeployedTransformer ─▶ TransformerPool ─▶ TransformerWorker (a process)
 *                                        └───◀─ predict ─┘ └▶ BodyPrediction ─▶ ModelServing
 * </pre>
 */
public final class TransformerRuntime
        implements TransformerHost, TransformerServing, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TransformerRuntime.class);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final BodyPrediction models;
    private final FunctionRuntime functions;
    private final Secrets secrets;
    private final Meters meters;
    private final TimeSource time;
    private final Map<ResourceKey, DeployedTransformer> transformers = new ConcurrentHashMap<>();
    private final Thread watcher;
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private Secrets.@Nullable Watch watch;

    /**
     * Makes the runtime; it has no transformers yet.
     *
     * @param models what transformers call
     * @param functions where their processes come from
     * @param secrets that are variables of their processes
     * @param meters where numbers go
     * @param time the clock
     */
    public TransformerRuntime(
            ModelServing models,
            FunctionRuntime functions,
            Secrets secrets,
            Meters meters,
            TimeSource time) {
        this.models = new BodyPrediction(models);
        this.functions = functions;
        this.secrets = secrets;
        this.meters = meters;
        this.time = time;
        this.watcher = Thread.ofVirtual().name("transformer-watch").unstarted(this::look);
    }

    /** Begins to look after processes and secrets. */
    public void start() {
        watch =
                secrets.watch(
                        (project, name) -> Thread.startVirtualThread(() -> renew(project, name)));
        watcher.start();
    }

    @Override
    public void deploy(
            ResourceKey model, TransformerSpec spec, FunctionSpec function, Runnable changed) {
        DeployedTransformer deployed = known(model);
        if (spec.secret().isPresent()
                && secrets.find(model.project(), spec.secret().get()).isEmpty()) {
            deployed.awaitSecret(spec.secret().get(), changed);
            throw MillraceException.invalid(
                    "secret '%s' does not exist; set it with 'millrace secrets set %s NAME=VALUE'"
                            .formatted(spec.secret().get(), spec.secret().get()));
        }
        Declared wanted = declared(model, spec, function);
        synchronized (deployed) {
            if (!deployed.isOf(wanted)) {
                deployed.deploy(wanted, pool(model, wanted), memory(spec), changed);
            }
        }
    }

    private Declared declared(ResourceKey model, TransformerSpec spec, FunctionSpec function) {
        var environment = new HashMap<String, String>(spec.environment());
        spec.secret()
                .flatMap(name -> secrets.find(model.project(), name))
                .ifPresent(secret -> environment.putAll(secret.values()));
        return new Declared(spec, function, environment);
    }

    private Optional<EventMemory> memory(TransformerSpec spec) {
        return spec.deduplicate().map(lifetime -> new EventMemory(lifetime, time));
    }

    private TransformerPool pool(ResourceKey model, Declared declared) {
        var workers = new ArrayList<TransformerWorker>();
        boolean isComplete = false;
        try {
            for (int i = 0; i < declared.spec().workers(); i++) {
                workers.add(functions.transform(launch(model, declared, i)));
            }
            isComplete = true;
        } finally {
            if (!isComplete) {
                workers.forEach(TransformerWorker::close);
            }
        }
        return new TransformerPool(model.toString(), workers, models, time);
    }

    private static FunctionLaunch launch(ResourceKey model, Declared declared, int worker) {
        TransformerSpec spec = declared.spec();
        return new FunctionLaunch(
                model,
                ResourceKey.of(Kind.FUNCTION, model.project(), spec.function()),
                declared.function(),
                0,
                worker,
                spec.args(),
                model.name().value(),
                model.name().value(),
                Optional.of(
                        new TransformerLaunch(
                                model.name(),
                                spec.protocol(),
                                spec.arguments(),
                                declared.environment())));
    }

    @Override
    public void block(ResourceKey model, String why) {
        known(model).block(why);
    }

    private DeployedTransformer known(ResourceKey model) {
        return transformers.computeIfAbsent(
                model, key -> new DeployedTransformer(new TransformerMeters(meters, key)));
    }

    @Override
    public Optional<State> state(ResourceKey model) {
        return Optional.ofNullable(transformers.get(model)).map(DeployedTransformer::state);
    }

    @Override
    public void remove(ResourceKey model) {
        DeployedTransformer gone = transformers.remove(model);
        if (gone != null) {
            gone.close();
        }
    }

    @Override
    public boolean covers(ProjectId project, ResourceName model) {
        return !transformers.isEmpty()
                && transformers.containsKey(ResourceKey.of(Kind.MODEL, project, model));
    }

    @Override
    public TransformerSpec.Reply replyTo(ProjectId project, ResourceName model) {
        DeployedTransformer deployed = transformers.get(ResourceKey.of(Kind.MODEL, project, model));
        Declared declared = deployed == null ? null : deployed.declared();
        return declared == null ? TransformerSpec.Reply.EVENT : declared.spec().reply();
    }

    @Override
    public Answered call(Call call) {
        DeployedTransformer deployed =
                transformers.get(ResourceKey.of(Kind.MODEL, call.project(), call.model()));
        if (deployed == null || call.isBare()) {
            return alone(call);
        }
        Optional<EventMemory> memory = deployed.memory();
        String event = call.request().isEvent() && memory.isPresent() ? identity(call) : "";
        if (event.isEmpty()) {
            return transform(deployed, call);
        }
        var isFirst = new AtomicBoolean();
        Answered answer =
                memory.get()
                        .once(
                                event,
                                call.timeout(),
                                () -> {
                                    isFirst.set(true);
                                    return transform(deployed, call);
                                });
        if (!isFirst.get()) {
            deployed.meters().duplicate();
        }
        return answer;
    }

    private static String identity(Call call) {
        Map<String, String> headers = call.request().headers();
        String id = headers.getOrDefault("ce-id", "");
        return id.isEmpty() ? "" : headers.getOrDefault("ce-source", "") + "\n" + id;
    }

    private Answered transform(DeployedTransformer deployed, Call call) {
        boolean isAnswered = false;
        try {
            Answered answer =
                    switch (deployed.pool().call(call)) {
                        case Answered answered -> answered;
                        case TransformerReply.Failed(ErrorCode code, String reason) ->
                                throw new MillraceException(code, reason);
                    };
            isAnswered = answer.isSuccess();
            if (isAnswered) {
                deployed.meters().answered(answer.stages());
            }
            return answer;
        } finally {
            if (!isAnswered) {
                deployed.meters().failed();
            }
        }
    }

    /** A model without a transformer. */
    private Answered alone(Call call) {
        TransformerRequest request = call.request();
        if (request.form() == Form.EXPLAIN) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "model '%s' has no transformer that explains".formatted(call.model()));
        }
        long start = time.nanoTime();
        Prediction made =
                models.predict(
                        call,
                        request.form() == Form.V2 ? Protocol.V2 : Protocol.V1,
                        request.body(),
                        request.jsonLength(),
                        call.timeout());
        return new Answered(
                made.status(),
                Map.of(),
                made.body(),
                made.jsonLength(),
                new Stages(0, time.nanoTime() - start, 0, 0));
    }

    private void look() {
        while (!isClosed.get()) {
            for (DeployedTransformer each : transformers.values()) {
                try {
                    each.look();
                } catch (RuntimeException e) {
                    LOG.error("a transformer could not be looked after", e);
                }
            }
            time.pause(LOOK);
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
    }

    /** A secret changed: who has it among its variables gets new processes. */
    private void renew(ProjectId project, ResourceName secret) {
        transformers.forEach((model, deployed) -> {
            if (model.project().equals(project) && deployed.awaits(secret)) {
                deployed.changed().run();
            }
            Declared declared = deployed.declared();
            if (declared != null
                    && model.project().equals(project)
                    && declared.spec().secret().filter(secret::equals).isPresent()) {
                try {
                    deploy(model, declared.spec(), declared.function(), deployed.changed());
                } catch (MillraceException e) {
                    LOG.warn("The transformer of {} goes on as it is: {}", model, e.text());
                }
            }
        });
    }

    /** Ends all processes. Idempotent. */
    @Override
    public void close() {
        if (!isClosed.compareAndSet(false, true)) {
            return;
        }
        watcher.interrupt();
        Secrets.Watch open = watch;
        if (open != null) {
            open.close();
        }
        transformers.keySet().forEach(this::remove);
    }
}
