package io.millrace.inference.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * A method that can be called: one answer for each message. A unary method takes exactly one
 * message.
 */
final class GrpcMethod<Q extends MessageLite, A extends MessageLite> {

    /** Answers a message; runs in the call's own virtual thread and may block. */
    @FunctionalInterface
    interface Handler<Q, A> {
        A answer(Q request, GrpcCall call);
    }

    private final MethodDescriptor<Q, A> method;
    private final Parser<Q> parser;
    private final Handler<Q, A> handler;

    @SuppressWarnings("unchecked") // the parser of a message makes messages of its class
    GrpcMethod(MethodDescriptor<Q, A> method, Handler<Q, A> handler) {
        this.method = method;
        this.handler = handler;
        @Nullable Q prototype =
                method.getRequestMarshaller() instanceof PrototypeMarshaller<Q> marshaller
                        ? marshaller.getMessagePrototype()
                        : null;
        if (prototype == null) {
            throw MillraceException.internal(
                    method.getFullMethodName() + " does not take protobuf messages", null);
        }
        this.parser = (Parser<Q>) prototype.getParserForType();
    }

    /** As in the path, without the first slash. */
    String name() {
        return method.getFullMethodName();
    }

    boolean isUnary() {
        return method.getType() == MethodType.UNARY;
    }

    /**
     * Reads and answers a message.
     *
     * @param message nobody writes to it afterwards: byte fields of the request are views of it
     */
    MessageLite answer(byte[] message, GrpcCall call) {
        return handler.answer(parse(message), call);
    }

    private Q parse(byte[] message) {
        // Aliasing is for immutable bytes only; CodedInputStream.newInstance(message) would copy.
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(message).newCodedInput();
        in.enableAliasing(true);
        try {
            return parser.parseFrom(in);
        } catch (InvalidProtocolBufferException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "the message is not a valid request of " + name() + ": " + e.getMessage(),
                    e);
        }
    }
}
