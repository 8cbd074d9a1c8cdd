package io.millrace.inference.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.grpc.Status;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.WritableHeaders;
import io.helidon.http.http2.FlowControl;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2StreamWriter;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes the answer of one call: headers, messages, and the status in the trailers. */
final class GrpcAnswer {

    private static final int PREFIX = 5;
    private static final HeaderName STATUS = HeaderNames.create("grpc-status");
    private static final HeaderName MESSAGE = HeaderNames.create("grpc-message");
    private static final Header OK = HeaderValues.createCached(STATUS, "0");
    private static final Header CONTENT_TYPE =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/grpc");
    private static final Header ACCEPTED_ENCODINGS =
            HeaderValues.createCached(
                    HeaderNames.create("grpc-accept-encoding"), MessageReader.ENCODINGS);
    private static final Http2Flag.HeaderFlags HEADERS =
            Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS);
    private static final Http2Flag.HeaderFlags TRAILERS =
            Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS | Http2Flag.END_OF_STREAM);

    private final Http2StreamWriter writer;
    private final int streamId;
    private final FlowControl.Outbound window;
    private boolean headersSent;

    GrpcAnswer(Http2StreamWriter writer, int streamId, FlowControl.Outbound window) {
        this.writer = writer;
        this.streamId = streamId;
        this.window = window;
    }

    /** Turns a message into a frame's content, in memory of its own. */
    static byte[] frame(MessageLite message) {
        int size = message.getSerializedSize();
        byte[] frame = new byte[PREFIX + size];
        frame[1] = (byte) (size >>> 24);
        frame[2] = (byte) (size >>> 16);
        frame[3] = (byte) (size >>> 8);
        frame[4] = (byte) size;
        try {
            var out = CodedOutputStream.newInstance(frame, PREFIX, size);
            message.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return frame;
    }

    void message(byte[] frame) {
        var data =
                new Http2FrameData(
                        Http2FrameHeader.create(
                                frame.length,
                                Http2FrameTypes.DATA,
                                Http2Flag.DataFlags.create(0),
                                streamId),
                        BufferData.create(frame));
        if (headersSent) {
            writer.writeData(data, window);
        } else {
            headersSent = true;
            writer.writeHeaders(http(WritableHeaders.create()), streamId, HEADERS, data, window);
        }
    }

    void ok() {
        trailers(WritableHeaders.create().set(OK));
    }

    void error(Status.Code code, String text) {
        trailers(
                WritableHeaders.create()
                        .set(HeaderValues.create(STATUS, code.value()))
                        .set(HeaderValues.create(MESSAGE, GrpcStatus.encode(text))));
    }

    private void trailers(WritableHeaders<?> trailers) {
        Http2Headers headers = headersSent ? Http2Headers.create(trailers) : http(trailers);
        writer.writeHeaders(headers, streamId, TRAILERS, window);
    }

    private static Http2Headers http(WritableHeaders<?> headers) {
        headers.set(CONTENT_TYPE).set(ACCEPTED_ENCODINGS);
        return Http2Headers.create(headers).status(io.helidon.http.Status.OK_200);
    }
}
