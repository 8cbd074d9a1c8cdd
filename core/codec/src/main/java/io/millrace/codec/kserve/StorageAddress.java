package io.millrace.codec.kserve;

import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.Value;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Addresses of models as KServe has them, in the forms of ours. */
final class StorageAddress {

    private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]*)://.*");
    private static final String FILE = "file:";
    private static final String INSTEAD =
            "; put it into an s3:// bucket, at an https:// address, or"
                    + " beside this file as file://<path>";
    private static final Map<String, String> REFUSED =
            Map.of(
                    "pvc", "volumes of a cluster are not reached from here",
                    "gs",
                            "Google's buckets are reached over their S3 interface only: s3:// with the"
                                    + " endpoint storage.googleapis.com and an HMAC key",
                    "hdfs", "HDFS is not read",
                    "webhdfs", "HDFS is not read",
                    "oci", "images of models are not pulled",
                    "hf", "Hugging Face's hub is not read",
                    "azure", "Azure's storage is not read",
                    "abfs", "Azure's storage is not read",
                    "wasb", "Azure's storage is not read");

    private StorageAddress() {}

    /** The address of ours; empty when it is refused, which has been noted then. */
    static Optional<String> read(Value value) {
        String text = value.filledText().strip();
        if (text.isEmpty()) {
            return Optional.empty();
        }
        var scheme = SCHEME.matcher(text);
        if (!scheme.matches()) {
            return Optional.of(text.startsWith(FILE) ? text : FILE + text);
        }
        String name = scheme.group(1).toLowerCase(Locale.ROOT);
        return switch (name) {
            case "s3", "http", "https" -> remote(value, text);
            case "file" -> Optional.of(local(text.substring("file://".length())));
            default -> {
                String why = REFUSED.getOrDefault(name, "it is not one of s3, https, http, file");
                value.problem(
                        "'%s://' is not available: %s%s"
                                .formatted(ForeignDocuments.shown(name), why, INSTEAD));
                yield Optional.empty();
            }
        };
    }

    private static Optional<String> remote(Value value, String text) {
        String rest = text.substring(text.indexOf("://") + 3);
        if (rest.contains(".blob.core.windows.net") || rest.contains(".file.core.windows.net")) {
            value.problem("Azure's storage is not available" + INSTEAD);
            return Optional.empty();
        }
        int slash = rest.indexOf('/');
        if (rest.isEmpty() || (!isInStore(text) && (slash < 0 || slash == rest.length() - 1))) {
            value.problem(
                    "expected https://<host>/<path> or s3://<bucket>/<key>, got '"
                            + ForeignDocuments.shown(text)
                            + "'");
            return Optional.empty();
        }
        return Optional.of(text);
    }

    /** Three slashes are an absolute path; two one that begins beside the manifest. */
    private static String local(String path) {
        return path.startsWith("/") ? FILE + "//" + path : FILE + path;
    }

    /** The path of an address of a local file. */
    static Optional<String> localPath(String address) {
        if (!address.startsWith(FILE)) {
            return Optional.empty();
        }
        String path = address.substring(FILE.length());
        return Optional.of(path.startsWith("///") ? path.substring(2) : path);
    }

    static boolean isInStore(String address) {
        return address.regionMatches(true, 0, "s3:", 0, "s3:".length());
    }
}
