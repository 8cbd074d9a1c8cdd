package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.archive.ArchivedFile;
import io.millrace.codec.archive.ModelFile;
import io.millrace.spi.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;

/** Streams the body of a request into the blob store, whether raw or the file of a form. */
final class Upload {
    static final List<String> MEDIA_TYPES =
            List.of("application/zip", "application/octet-stream", "multipart/form-data");
    private static final int LONGEST_PART_HEAD = 16 * 1024;
    private final BlobStore blobs;
    private final DataSize limit;

    Upload(BlobStore blobs, DataSize limit) {
        this.blobs = blobs;
        this.limit = limit;
    }

    /**
     * A model that was kept.
     *
     * @param sha256 of its archive
     * @param framework as far as the content says
     */
    record Kept(String sha256, Optional<String> framework) {}

    /** Keeps the body as it is; gives the hash of what was kept. */
    String keep(Call call) {
        return receive(call, (_, content) -> blobs.put(content, limit.bytes()));
    }

    /**
     * Keeps a model: an archive as it is, a single file as the only one of an archive.
     *
     * @param framework of the model, where that is known
     */
    Kept keepModel(Call call, Optional<String> framework) {
        return receive(call, (name, content) -> keepModel(name, content, framework));
    }

    private Kept keepModel(String name, PushbackInputStream content, Optional<String> framework)
            throws IOException {
        byte[] head = content.readNBytes(ModelFile.HEAD_BYTES);
        content.unread(head);
        Optional<ModelFile> file = singleFile(name, head, framework);
        if (file.isEmpty()) {
            return new Kept(blobs.put(content, limit.bytes()), Optional.empty());
        }
        try (var archive = new ArchivedFile(file.get().defaultName(), content)) {
            return new Kept(blobs.put(archive, limit.bytes()), Optional.of(file.get().framework()));
        }
    }

    /** What single file this is; empty when it is an archive. */
    private static Optional<ModelFile> singleFile(
            String name, byte[] head, Optional<String> framework) {
        Optional<ModelFile> byName = ModelFile.ofName(name);
        if (byName.isPresent()) {
            return byName;
        }
        Optional<ModelFile> byHead = ModelFile.ofHead(head);
        if (ModelFile.isZip(head)) {
            return byHead;
        }
        // What is known of the model says more than a first byte that many files have.
        Optional<ModelFile> single =
                byHead.filter(ModelFile::hasMark)
                        .or(() -> framework.flatMap(ModelFile::ofFramework))
                        .or(() -> byHead);
        if (single.isEmpty() || ModelFile.isGzip(head)) {
            throw MillraceException.invalid(
                    "expected a zip of the model, or a single .onnx, .tflite, .keras or .h5 file;"
                            + (ModelFile.isGzip(head)
                                    ? " got a gzip: pack the files with zip"
                                    : " this is none by its content: name the framework, as in"
                                            + " ?framework=onnx"));
        }
        return single;
    }

    /** Does something with the content of a file and the name that it was sent under. */
    @FunctionalInterface
    private interface Receiver<T> {
        T receive(String name, PushbackInputStream content) throws IOException;
    }

    private <T> T receive(Call call, Receiver<T> receiver) {
        call.checkLength(limit);
        String type = call.header(HeaderNames.CONTENT_TYPE).orElse("");
        try (InputStream in = call.body()) {
            return type.toLowerCase(Locale.ROOT).startsWith("multipart/")
                    ? receiveFile(in, type, receiver)
                    : receive("", in, receiver);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T receive(String name, InputStream content, Receiver<T> receiver)
            throws IOException {
        // Empty uploads are mistakes of the caller, such as a wrong option of curl.
        var in = new PushbackInputStream(content, ModelFile.HEAD_BYTES);
        int first = in.read();
        if (first < 0) {
            throw MillraceException.invalid("the body is empty");
        }
        in.unread(first);
        return receiver.receive(name, in);
    }

    private static <T> T receiveFile(InputStream body, String type, Receiver<T> receiver)
            throws IOException {
        try {
            MultipartInput parts =
                    MultipartInput.builder()
                            .setInputStream(body)
                            .setBoundary(boundary(type))
                            .setMaxPartHeaderSize(LONGEST_PART_HEAD)
                            .get();
            boolean isPart = parts.skipPreamble();
            while (isPart) {
                Optional<String> name = fileName(parts.readHeaders());
                if (name.isPresent()) {
                    try (InputStream file = parts.newInputStream()) {
                        return receive(name.get(), file, receiver);
                    }
                }
                parts.discardBodyData();
                isPart = parts.readBoundary();
            }
        } catch (FileUploadException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "the form is not as multipart asks: " + e.getMessage(), e);
        }
        throw MillraceException.invalid("the form has no part with a file name");
    }

    private static byte[] boundary(String type) {
        String boundary = parse(type).get("boundary");
        if (boundary == null) {
            throw MillraceException.invalid("the content type names no boundary");
        }
        return boundary.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Optional<String> fileName(String partHead) {
        return partHead.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-disposition:"))
                .map(line -> Optional.ofNullable(parse(line).get("filename")))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Map<String, String> parse(String header) {
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        return parser.parse(header, ';');
    }
}
