package io.millrace.embedded.mqtt;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Anonymous;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.ClientCertificates;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Passwords;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Policy;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Says at once whom a new connection stands for. Names with passwords take a {@link Login}. */
final class Entrance {

    private final BrokerContext broker;
    private final ChannelHandlerContext ctx;
    private @Nullable X509Certificate certificate;

    Entrance(BrokerContext broker, ChannelHandlerContext ctx) {
        this.broker = broker;
        this.ctx = ctx;
    }

    /** Empty refuses it. */
    Optional<Who> who(Policy policy, MqttConnectMessage connect) {
        return switch (policy) {
            case ClientCertificates() ->
                    ofCertificate()
                            .map(project ->
                                    new Who(project, Who.Kind.CERTIFICATE, "", Access.EVERYTHING));
            case Anonymous(ProjectId project) ->
                    (project != null
                                    ? Optional.of(project)
                                    : ofUserName(connect.payload().userName()))
                            .map(theirs ->
                                    new Who(
                                            theirs,
                                            Who.Kind.GUEST,
                                            "",
                                            new Access.OfGuest(broker.routes(), theirs)));
            case Passwords _ -> Optional.empty();
        };
    }

    /** What it showed; null when it was not asked for one. */
    @Nullable X509Certificate certificate() {
        return certificate;
    }

    private Optional<ProjectId> ofCertificate() {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls == null) {
            return Optional.empty();
        }
        try {
            if (tls.engine().getSession().getPeerCertificates()[0]
                    instanceof X509Certificate presented) {
                certificate = presented;
                return broker.identities().identify(presented).map(ClientIdentity::project);
            }
            return Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }

    private static Optional<ProjectId> ofUserName(@Nullable String userName) {
        if (userName == null || userName.isEmpty()) {
            return Optional.of(ProjectId.DEFAULT);
        }
        try {
            return Optional.of(new ProjectId(userName));
        } catch (MillraceException e) {
            return Optional.empty();
        }
    }
}
