package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.FunctionWorker;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A function runtime without workers, whose environments get ready when a test says so. */
public final class FakeEnvironments implements FunctionRuntime {
    private final Map<ResourceKey, Prepared> functions = new ConcurrentHashMap<>();
    private volatile boolean isInstant;

    /** From now on each environment is ready at once. */
    public void beInstant() {
        isInstant = true;
    }

    @Override
    public void prepare(ResourceKey function, FunctionSpec spec, Runnable changed) {
        Prepared before = functions.get(function);
        if (before != null && before.spec().equals(spec)) {
            return;
        }
        EnvironmentState state =
                isInstant
                        ? new EnvironmentState.Ready()
                        : new EnvironmentState.Building("installing packages");
        functions.put(function, new Prepared(spec, changed, state));
    }

    /** Changes how far an environment is and tells who waits for that. */
    public void become(ResourceKey function, EnvironmentState state) {
        Prepared before = functions.get(function);
        if (before == null) {
            throw MillraceException.invalid(function + " was not prepared");
        }
        functions.put(function, new Prepared(before.spec(), before.changed(), state));
        before.changed().run();
    }

    /** Whether a function was prepared and not removed. */
    public boolean knows(ResourceKey function) {
        return functions.containsKey(function);
    }

    @Override
    public Optional<EnvironmentState> environment(ResourceKey function) {
        return Optional.ofNullable(functions.get(function)).map(Prepared::state);
    }

    @Override
    public void remove(ResourceKey function) {
        functions.remove(function);
    }

    @Override
    public FunctionWorker start(FunctionLaunch launch) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "this runtime starts no workers");
    }

    @Override
    public void close() {
        functions.clear();
    }

    private record Prepared(FunctionSpec spec, Runnable changed, EnvironmentState state) {}
}
