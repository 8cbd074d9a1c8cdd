package io.millrace.codec;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where the content of a model version is. Only the form is judged here; whether the server may go
 * there is said by the source that fetches it.
 */
final class VersionAddress {

    private static final Pattern BLOB = Pattern.compile("blob:sha256:[0-9a-f]{64}");
    private static final Set<String> REMOTE = Set.of("https", "http", "s3");
    private static final String FILE = "file:";
    private static final String FORMS =
            "https://<host>/<path>, s3://<bucket>/<key> or blob:sha256:<64 hexadecimal digits>";

    private VersionAddress() {}

    /** Reads {@code uri}, or {@code storageUri} as others call it. */
    static String read(Fields fields) {
        Value uri = fields.optional("uri");
        Value storageUri = fields.optional("storageUri");
        if (uri.isPresent() && storageUri.isPresent()) {
            storageUri.problem("only one of uri, storageUri is allowed");
        }
        return read(storageUri.isPresent() ? storageUri : fields.required("uri"));
    }

    private static String read(Value value) {
        String text = value.filledText();
        if (!text.isBlank() && !value.reading().isUnchecked()) {
            boolean isLocal = value.reading().origin() == Reading.Origin.LOCAL;
            String problem =
                    text.regionMatches(true, 0, FILE, 0, FILE.length())
                            ? fileProblem(text.substring(FILE.length()), isLocal)
                            : addressProblem(text, isLocal);
            if (!problem.isEmpty()) {
                value.problem(problem);
            }
        }
        return text;
    }

    private static String fileProblem(String path, boolean isLocal) {
        String shown = "'" + DocumentParser.shorten(FILE + path) + "'";
        if (path.isEmpty()) {
            return "expected " + FILE + "<path>, got " + shown;
        }
        if (isLocal || isAbsolute(path)) {
            return "";
        }
        return "the server cannot read "
                + shown
                + "; millrace apply uploads the file and names it blob:sha256:<64 hexadecimal"
                + " digits>; a file on the server's own machine is file:///<path>";
    }

    private static boolean isAbsolute(String path) {
        return path.startsWith("///") ? path.length() > 3 : path.matches("/[^/].*");
    }

    private static String addressProblem(String text, boolean isLocal) {
        if (BLOB.matcher(text).matches()) {
            return "";
        }
        String shown = "'" + DocumentParser.shorten(text) + "'";
        String expected = "expected " + (isLocal ? "file:<path>, " : "") + FORMS;
        try {
            URI address = new URI(text);
            String scheme = address.getScheme();
            if (scheme == null || !REMOTE.contains(scheme.toLowerCase(Locale.ROOT))) {
                return expected + ", got " + shown;
            }
            if (address.getRawAuthority() != null && address.getRawAuthority().indexOf('@') >= 0) {
                // Not shown: what stands before the @ may be a password.
                return "an address must not hold a user or a password; the server's settings do";
            }
            // A whole bucket may be a model; a whole web server is none.
            boolean isComplete =
                    address.getRawAuthority() != null
                            && address.getRawPath() != null
                            && (scheme.equalsIgnoreCase("s3") || address.getRawPath().length() > 1);
            return isComplete ? "" : expected + ", got " + shown;
        } catch (URISyntaxException e) {
            return expected + ", got " + shown + ": " + e.getReason();
        }
    }
}
