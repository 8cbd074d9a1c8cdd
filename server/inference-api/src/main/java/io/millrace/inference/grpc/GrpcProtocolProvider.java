package io.millrace.inference.grpc;

import io.helidon.webserver.ProtocolConfigs;
import io.helidon.webserver.http2.spi.Http2SubProtocolProvider;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector;

/** Found by Helidon's service loader; does nothing on listeners without a {@link GrpcProtocol}. */
public final class GrpcProtocolProvider implements Http2SubProtocolProvider<GrpcProtocol> {

    /** For the service loader. */
    public GrpcProtocolProvider() {}

    @Override
    public String protocolType() {
        return GrpcProtocol.TYPE;
    }

    @Override
    public Class<GrpcProtocol> protocolConfigType() {
        return GrpcProtocol.class;
    }

    @Override
    public Http2SubProtocolSelector create(GrpcProtocol protocol, ProtocolConfigs configs) {
        return new GrpcSelector(protocol);
    }
}
