package io.millrace.inference.grpc;

import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2Settings;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.StreamFlowControl;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector;
import io.helidon.webserver.http2.spi.SubProtocolResult;

/** Takes the HTTP/2 requests that are gRPC; the others go to the HTTP routing. */
final class GrpcSelector implements Http2SubProtocolSelector {

    private static final String GRPC = "application/grpc";

    private final GrpcProtocol protocol;

    GrpcSelector(GrpcProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public SubProtocolResult subProtocol(
            ConnectionContext connection,
            HttpPrologue prologue,
            Http2Headers headers,
            Http2StreamWriter writer,
            int streamId,
            Http2Settings serverSettings,
            Http2Settings clientSettings,
            StreamFlowControl flowControl,
            Http2StreamState state,
            Router router) {
        if (!prologue.method().equals(Method.POST) || !isGrpc(headers.httpHeaders())) {
            return NOT_SUPPORTED;
        }
        return new SubProtocolResult(
                true,
                new GrpcExchange(
                        protocol,
                        headers,
                        new GrpcAnswer(writer, streamId, flowControl.outbound())));
    }

    /** Also with {@code +proto} or parameters; {@code application/grpc-web} is another protocol. */
    private static boolean isGrpc(Headers headers) {
        if (!headers.contains(HeaderNames.CONTENT_TYPE)) {
            return false;
        }
        String type = headers.get(HeaderNames.CONTENT_TYPE).get();
        if (!type.startsWith(GRPC)) {
            return false;
        }
        return type.length() == GRPC.length()
                || type.charAt(GRPC.length()) == ';'
                || type.startsWith("+proto", GRPC.length());
    }
}
