package io.millrace.embedded.mqtt;

import io.millrace.api.ResourceKey;
import io.millrace.embedded.mqtt.RouteTable.Route;
import io.netty.channel.ChannelHandlerContext;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Keeps one client to the rates of the data sources that it sends to: what came too fast is taken,
 * and then the connection is not read for a while. Used on its event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the event loop tells of what fails there
final class Pace {

    private static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final BrokerContext broker;
    private final ChannelHandlerContext ctx;
    private final ReadGate gate;
    private final Runnable keepAlive;
    private final Map<ResourceKey, RateLimit> limits = new HashMap<>();

    Pace(BrokerContext broker, ChannelHandlerContext ctx, ReadGate gate, Runnable keepAlive) {
        this.broker = broker;
        this.ctx = ctx;
        this.gate = gate;
        this.keepAlive = keepAlive;
    }

    /** Counts a message for a data source that has a rate. */
    void taken(Route route) {
        long now = broker.time().nanoTime();
        RateLimit limit = limits.get(route.source());
        if (limit == null || !limit.is(route.rate())) {
            limit = new RateLimit(route.rate(), now);
            limits.put(route.source(), limit);
        }
        if (limit.exceeds(now) && !gate.isShut(ReadGate.THROTTLED)) {
            gate.shut(ReadGate.THROTTLED);
            broker.meters().throttled.increment();
            // When all is taken that was read together with this one.
            ctx.executor().execute(this::resume);
        }
    }

    private void resume() {
        if (!ctx.channel().isActive()) {
            return;
        }
        long now = broker.time().nanoTime();
        long wait = 0;
        for (RateLimit limit : limits.values()) {
            wait = Math.max(wait, limit.waitNanos(now));
        }
        if (wait <= 0) {
            gate.open(ReadGate.THROTTLED);
            return;
        }
        // It is silent only because it is not read.
        keepAlive.run();
        ctx.executor()
                .schedule(this::resume, Math.min(wait, LONGEST_WAIT_NANOS), TimeUnit.NANOSECONDS);
    }
}
