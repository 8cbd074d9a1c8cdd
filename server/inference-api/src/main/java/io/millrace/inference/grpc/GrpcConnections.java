package io.millrace.inference.grpc;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * Takes the connections that begin with HTTP/2, as those of gRPC clients do: Helidon's HTTP/2 with
 * our gRPC in it, which reads through {@link PseudoHeaderReader}.
 */
final class GrpcConnections implements ServerConnectionSelector {

    /**
     * A call whose deadline passes is reset by its caller; that is no attack, and under load there
     * are many. Helidon's 50 in ten seconds would then cost all other callers their connection, and
     * it never sees that gRPC has answered. This many are still refused.
     */
    private static final int MAX_RESETS = 50_000;

    private final ServerConnectionSelector http2;

    GrpcConnections(GrpcProtocol protocol, Http2Config config) {
        this.http2 =
                Http2ConnectionSelector.builder()
                        .http2Config(
                                Http2Config.builder(config)
                                        .maxRapidResets(
                                                Math.max(MAX_RESETS, config.maxRapidResets()))
                                        .build())
                        .addSubProtocolSelector(new GrpcSelector(protocol))
                        .build();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http2.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http2.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http2.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext connection) {
        var bytes = new PseudoHeaderReader(connection.dataReader());
        return http2.connection(new WithReader(connection, new DataReader(bytes)));
    }

    /** The same connection, read differently. */
    private record WithReader(ConnectionContext connection, DataReader dataReader)
            implements ConnectionContext {

        @Override
        public ListenerContext listenerContext() {
            return connection.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return connection.executor();
        }

        @Override
        public DataWriter dataWriter() {
            return connection.dataWriter();
        }

        @Override
        public Router router() {
            return connection.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return connection.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return connection.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return connection.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return connection.localPeer();
        }

        @Override
        public boolean isSecure() {
            return connection.isSecure();
        }

        @Override
        public String socketId() {
            return connection.socketId();
        }

        @Override
        public String childSocketId() {
            return connection.childSocketId();
        }
    }
}
