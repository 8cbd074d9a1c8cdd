package io.millrace.embedded.mqtt;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client that comes with a name and a password. They are checked off the event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // whatever becomes of the answer, nothing follows it
final class Login {

    private static final Logger log = LoggerFactory.getLogger(Login.class);

    /** Nobody tries passwords faster than this over one connection. */
    private static final int FAILURE_SECONDS = 1;

    /** Hears how it ended, on the event loop. The connection may be gone by then. */
    interface Outcome {

        /**
         * It may come in.
         *
         * @param epoch of what users may, at the time when it was looked up
         */
        void admitted(ChannelHandlerContext ctx, MqttConnectMessage connect, Who who, long epoch);

        void refused(ChannelHandlerContext ctx, MqttMessage answer);
    }

    private final BrokerContext broker;
    private final ChannelHandlerContext ctx;
    private final MqttConnectMessage connect;
    private final ProjectId project;
    private final Outcome outcome;
    private final String address;

    /** For logs, and as what attempts are counted by. */
    private final String user;

    Login(
            BrokerContext broker,
            ChannelHandlerContext ctx,
            MqttConnectMessage connect,
            ProjectId project,
            Outcome outcome) {
        this.broker = broker;
        this.ctx = ctx;
        this.connect = connect;
        this.project = project;
        this.outcome = outcome;
        this.address = address(ctx);
        this.user = LogText.of(connect.payload().userName());
    }

    /** Called on the event loop. */
    void start() {
        if (broker.attempts().mayTry(address, user)) {
            Thread.ofVirtual().name("mqtt-login").start(this::check);
        } else {
            tooMany();
        }
    }

    private void tooMany() {
        broker.meters().loginsFailed.increment();
        log.warn("too many wrong passwords for MQTT user '{}' from {}", user, address);
        refuseLater(
                MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE,
                MqttConnectReturnCode.CONNECTION_REFUSED_CONNECTION_RATE_EXCEEDED);
    }

    /** One of an address after the other: many that begin at once must not all be tried. */
    private void check() {
        synchronized (broker.attempts().turn(address)) {
            if (broker.attempts().mayTry(address, user)) {
                checkNow();
            } else {
                tooMany();
            }
        }
    }

    private void checkNow() {
        try {
            long epoch = broker.accessEpoch().get();
            Optional<Who> who =
                    broker.logins()
                            .check(
                                    project,
                                    connect.payload().userName(),
                                    connect.payload().passwordInBytes());
            if (who.isPresent()) {
                ctx.executor().execute(() -> outcome.admitted(ctx, connect, who.get(), epoch));
            } else {
                fail();
            }
        } catch (RejectedExecutionException e) {
            log.debug("MQTT user '{}' is gone with its event loop", user);
        } catch (RuntimeException e) {
            log.warn(
                    "cannot check the password of MQTT user '{}': {}",
                    user,
                    e instanceof MillraceException known ? known.text() : e.toString());
            refuseLater(
                    MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE,
                    MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE_5);
        }
    }

    private void fail() {
        broker.attempts().failed(address, user);
        broker.meters().loginsFailed.increment();
        Logins.projectOf(project, connect.payload().userName())
                .ifPresent(asked ->
                        broker.refusals().loginFailed(broker.routes().get().withUsers(asked)));
        log.warn("wrong name or password of MQTT user '{}' from {}", user, address);
        refuseLater(
                MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD,
                MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD);
    }

    private void refuseLater(MqttConnectReturnCode v3, MqttConnectReturnCode v5) {
        try {
            ctx.executor()
                    .schedule(
                            () ->
                                    outcome.refused(
                                            ctx, Packets.refusal(Packets.isMqtt5(connect), v3, v5)),
                            FAILURE_SECONDS,
                            TimeUnit.SECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("MQTT user '{}' is gone with its event loop", user);
        }
    }

    private static String address(ChannelHandlerContext ctx) {
        return ctx.channel().remoteAddress() instanceof InetSocketAddress remote
                ? remote.getAddress().getHostAddress()
                : String.valueOf(ctx.channel().remoteAddress());
    }
}
