package io.millrace.inference.grpc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.reflection.v1.ErrorResponse;
import io.grpc.reflection.v1.FileDescriptorResponse;
import io.grpc.reflection.v1.ListServiceResponse;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Server reflection: tells clients such as grpcurl what can be called. Versions v1 and v1alpha have
 * the same messages on the wire.
 */
final class ReflectionCalls {

    private final Map<String, FileDescriptor> byFile = new HashMap<>();
    private final Map<String, FileDescriptor> bySymbol = new HashMap<>();
    private final Set<String> services = new TreeSet<>();

    /** Tells of these files and all that they import. */
    ReflectionCalls(List<FileDescriptor> files) {
        for (FileDescriptor file : files) {
            add(file);
            file.getServices().forEach(service -> services.add(service.getFullName()));
        }
    }

    private void add(FileDescriptor file) {
        if (byFile.put(file.getFullName(), file) != null) {
            return;
        }
        for (ServiceDescriptor service : file.getServices()) {
            bySymbol.put(service.getFullName(), file);
            for (MethodDescriptor method : service.getMethods()) {
                bySymbol.put(method.getFullName(), file);
            }
        }
        file.getMessageTypes().forEach(message -> add(message, file));
        file.getEnumTypes().forEach(type -> bySymbol.put(type.getFullName(), file));
        file.getDependencies().forEach(this::add);
    }

    private void add(Descriptor message, FileDescriptor file) {
        bySymbol.put(message.getFullName(), file);
        message.getNestedTypes().forEach(nested -> add(nested, file));
        message.getEnumTypes().forEach(type -> bySymbol.put(type.getFullName(), file));
    }

    ServerReflectionResponse answer(ServerReflectionRequest request) {
        var response =
                ServerReflectionResponse.newBuilder()
                        .setValidHost(request.getHost())
                        .setOriginalRequest(request);
        switch (request.getMessageRequestCase()) {
            case LIST_SERVICES -> {
                var list = ListServiceResponse.newBuilder();
                services.forEach(
                        name -> list.addService(ServiceResponse.newBuilder().setName(name)));
                response.setListServicesResponse(list);
            }
            case FILE_BY_FILENAME ->
                    file(response, byFile.get(request.getFileByFilename()), "file");
            case FILE_CONTAINING_SYMBOL ->
                    file(response, bySymbol.get(request.getFileContainingSymbol()), "symbol");
            case FILE_CONTAINING_EXTENSION, ALL_EXTENSION_NUMBERS_OF_TYPE ->
                    error(response, Status.Code.NOT_FOUND, "there are no extensions");
            case MESSAGEREQUEST_NOT_SET ->
                    error(response, Status.Code.INVALID_ARGUMENT, "the request asks nothing");
        }
        return response.build();
    }

    private static void file(
            ServerReflectionResponse.Builder response, @Nullable FileDescriptor file, String what) {
        if (file == null) {
            error(response, Status.Code.NOT_FOUND, "there is no such " + what);
            return;
        }
        var content = FileDescriptorResponse.newBuilder();
        withImports(file, new LinkedHashSet<>())
                .forEach(one -> content.addFileDescriptorProto(one.toProto().toByteString()));
        response.setFileDescriptorResponse(content);
    }

    private static Set<FileDescriptor> withImports(FileDescriptor file, Set<FileDescriptor> into) {
        if (into.add(file)) {
            file.getDependencies().forEach(imported -> withImports(imported, into));
        }
        return into;
    }

    private static void error(
            ServerReflectionResponse.Builder response, Status.Code code, String message) {
        response.setErrorResponse(
                ErrorResponse.newBuilder().setErrorCode(code.value()).setErrorMessage(message));
    }
}
