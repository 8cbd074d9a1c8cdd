package io.millrace.embedded.mqtt;

import io.millrace.api.MillraceException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.util.ReferenceCountUtil;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.apache.activemq.artemis.core.server.cluster.ClusterConnection;
import org.apache.activemq.artemis.core.server.metrics.MetricsManager;
import org.apache.activemq.artemis.spi.core.protocol.ProtocolManager;
import org.apache.activemq.artemis.spi.core.remoting.Acceptor;
import org.apache.activemq.artemis.spi.core.remoting.AcceptorFactory;
import org.apache.activemq.artemis.spi.core.remoting.BufferHandler;
import org.apache.activemq.artemis.spi.core.remoting.ServerConnectionLifeCycleListener;
import org.apache.activemq.artemis.utils.actors.OrderedExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listeners that take nothing but MQTT. Artemis' own look for HTTP first and cannot be told not to;
 * they would collect a request of any size in memory.
 *
 * <p>Public because Artemis makes it by its name.
 */
public final class MqttAcceptorFactory implements AcceptorFactory {

    private static final Logger log = LoggerFactory.getLogger(MqttAcceptorFactory.class);

    private static final int PACKET_TYPE = 0xf0;
    private static final int CONNECT = 0x10;

    @Override
    @SuppressWarnings("rawtypes") // as Artemis declares it
    public Acceptor createAcceptor(
            String name,
            ClusterConnection cluster,
            Map<String, Object> parameters,
            BufferHandler handler,
            ServerConnectionLifeCycleListener listener,
            Executor threads,
            ScheduledExecutorService scheduler,
            Map<String, ProtocolManager> protocols,
            String threadGroup,
            MetricsManager metrics) {
        return new MqttAcceptor(
                name,
                cluster,
                parameters,
                handler,
                listener,
                scheduler,
                new OrderedExecutor(threads),
                protocols,
                threadGroup,
                metrics);
    }

    /**
     * A listener that lets nobody in before {@link #open()}: connections wait in the system's
     * queue.
     */
    static final class MqttAcceptor extends NettyAcceptor {

        private volatile boolean isOpen;

        @SuppressWarnings("rawtypes") // as Artemis declares it
        MqttAcceptor(
                String name,
                ClusterConnection cluster,
                Map<String, Object> parameters,
                BufferHandler handler,
                ServerConnectionLifeCycleListener listener,
                ScheduledExecutorService scheduler,
                Executor failures,
                Map<String, ProtocolManager> protocols,
                String threadGroup,
                MetricsManager metrics) {
            super(
                    name,
                    cluster,
                    parameters,
                    handler,
                    listener,
                    scheduler,
                    failures,
                    protocols,
                    threadGroup,
                    metrics);
        }

        @Override
        protected void internalStart() throws Exception {
            super.internalStart();
            for (Channel server : servers()) {
                server.pipeline().addFirst(new Accepted(this));
                server.config().setAutoRead(isOpen);
            }
        }

        /** Lets clients in, also those that wait already. */
        void open() {
            isOpen = true;
            for (Channel server : servers()) {
                server.config().setAutoRead(true);
            }
        }

        private ChannelGroup servers() {
            try {
                VarHandle servers =
                        MethodHandles.privateLookupIn(NettyAcceptor.class, MethodHandles.lookup())
                                .findVarHandle(
                                        NettyAcceptor.class,
                                        "serverChannelGroup",
                                        ChannelGroup.class);
                return (ChannelGroup) servers.get(this);
            } catch (ReflectiveOperationException e) {
                throw MillraceException.internal(
                        "this version of Artemis keeps its listeners elsewhere", e);
            }
        }
    }

    /** Meets each new connection in the listener's pipeline, before it has handlers of its own. */
    private static final class Accepted extends ChannelInboundHandlerAdapter {

        private final MqttAcceptor acceptor;

        Accepted(MqttAcceptor acceptor) {
            this.acceptor = acceptor;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object connection) {
            if (!acceptor.isOpen) {
                // It came between the bind and the closing of the gate.
                ((Channel) connection).unsafe().closeForcibly();
                return;
            }
            ((Channel) connection).pipeline().addLast(new Active());
            ctx.fireChannelRead(connection);
        }
    }

    /** Puts the check behind TLS and before Artemis' decoder; both are there by now. */
    private static final class Active extends ChannelInboundHandlerAdapter {

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ChannelPipeline pipeline = ctx.pipeline();
            pipeline.addBefore(pipeline.lastContext().name(), null, new FirstByte());
            ctx.fireChannelActive();
            pipeline.remove(this);
        }
    }

    private static final class FirstByte extends ChannelInboundHandlerAdapter {

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // nothing is to be done after it
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            var bytes = (ByteBuf) message;
            if (!bytes.isReadable()) {
                bytes.release();
            } else if ((bytes.getByte(bytes.readerIndex()) & PACKET_TYPE) == CONNECT) {
                ctx.fireChannelRead(message);
                ctx.pipeline().remove(this);
            } else {
                ReferenceCountUtil.release(message);
                log.info(
                        "closing the connection {}: it does not begin with an MQTT CONNECT",
                        ctx.channel().remoteAddress());
                ctx.close();
            }
        }
    }
}
