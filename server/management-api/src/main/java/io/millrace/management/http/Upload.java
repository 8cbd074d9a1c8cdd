package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;

/** Streams the body of a request into the blob store, whether raw or the file of a form. */
final class Upload {
    private static final int LONGEST_PART_HEAD = 16 * 1024;
    private final BlobStore blobs;
    private final DataSize limit;

    Upload(BlobStore blobs, DataSize limit) {
        this.blobs = blobs;
        this.limit = limit;
    }

    /** Keeps the body; gives the hash of what was kept. */
    String keep(Call call) {
        call.checkLength(limit);
        String type = call.header(HeaderNames.CONTENT_TYPE).orElse("");
        try (InputStream in = call.body()) {
            return type.toLowerCase(Locale.ROOT).startsWith("multipart/")
                    ? keepFile(in, type)
                    : keep(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String keep(InputStream content) throws IOException {
        // Empty uploads are mistakes of the caller, such as a wrong option of curl.
        var in = new PushbackInputStream(content);
        int first = in.read();
        if (first < 0) {
            throw MillraceException.invalid("the body is empty");
        }
        in.unread(first);
        return blobs.put(in, limit.bytes());
    }

    private String keepFile(InputStream body, String type) throws IOException {
        try {
            MultipartInput parts =
                    MultipartInput.builder()
                            .setInputStream(body)
                            .setBoundary(boundary(type))
                            .setMaxPartHeaderSize(LONGEST_PART_HEAD)
                            .get();
            boolean isPart = parts.skipPreamble();
            while (isPart) {
                if (isFile(parts.readHeaders())) {
                    try (InputStream file = parts.newInputStream()) {
                        return keep(file);
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

    private static boolean isFile(String partHead) {
        return partHead.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-disposition:"))
                .map(line -> Optional.ofNullable(parse(line).get("filename")))
                .flatMap(Optional::stream)
                .findFirst()
                .isPresent();
    }

    private static Map<String, String> parse(String header) {
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        return parser.parse(header, ';');
    }
}
