package io.millrace.spi;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * From where the server may fetch. Users write addresses into resources; without this list a user
 * could have the server read its own network.
 *
 * <p>Entries are beginnings of addresses: {@code https://models.example.com/public/}, {@code
 * https://*.example.com/}, {@code s3://bucket/prefix/}, {@code file:/srv/models/}. A scheme alone,
 * {@code https:}, allows every host with public addresses. An entry that names a host allows that
 * host's private addresses, too: whoever runs the server wrote it.
 */
public final class AllowedOrigins {

    private static final String MODELS = "models.origins";

    private final List<Entry> entries;
    private final String setting;

    private AllowedOrigins(List<Entry> entries, String setting) {
        this.entries = List.copyOf(entries);
        this.setting = setting;
    }

    /** What holds unless configured: any public web server, with TLS. */
    public static AllowedOrigins publicWeb() {
        return parse(List.of("https:"));
    }

    /**
     * Reads a list.
     *
     * @throws MillraceException {@code INVALID} for what is no beginning of an address
     */
    public static AllowedOrigins parse(List<String> texts) {
        return parse(texts, MODELS);
    }

    /**
     * Reads the list of another setting.
     *
     * @param setting its name, for messages
     * @throws MillraceException {@code INVALID} for what is no beginning of an address
     */
    public static AllowedOrigins parse(List<String> texts, String setting) {
        var entries = new ArrayList<Entry>();
        for (String text : texts) {
            entries.add(Entry.parse(text, setting));
        }
        return new AllowedOrigins(entries, setting);
    }

    /**
     * Refuses an address that no entry allows.
     *
     * @throws MillraceException {@code INVALID} for an address with a user, a fragment or dot
     *     segments; {@code DENIED} with what is allowed
     */
    public void check(URI address) {
        checkForm(address);
        String host = Optional.ofNullable(address.getHost()).orElse("");
        boolean isNamed = entries.stream().anyMatch(entry -> entry.names(host));
        for (Entry entry : entries) {
            if (entry.allows(address) && (!isNamed || entry.names(host))) {
                return;
            }
        }
        throw new MillraceException(
                ErrorCode.DENIED,
                "this server must not fetch from %s; allowed is: %s; whoever runs it can add to"
                                .formatted(shown(address), this)
                        + " "
                        + setting);
    }

    /**
     * Refuses an address that a host's name led to. Call it with the address that is then connected
     * to, so that a second look-up cannot say something else. The text does not tell the address:
     * names of a private network are not for everybody.
     *
     * @throws MillraceException {@code DENIED}
     */
    public void checkAddress(String host, InetAddress address) {
        if (PrivateAddresses.isPublic(address) || entries.stream().anyMatch(e -> e.names(host))) {
            return;
        }
        throw new MillraceException(
                ErrorCode.DENIED,
                "%s leads to an address that is not public; whoever runs the server can allow the host"
                                .formatted(host)
                        + " by name in "
                        + setting);
    }

    /** The folders of entries with the scheme {@code file}. */
    public List<String> folders() {
        return entries.stream().filter(e -> e.scheme().equals("file")).map(Entry::path).toList();
    }

    private static void checkForm(URI address) {
        String path = Optional.ofNullable(address.getRawPath()).orElse("");
        if (address.getScheme() == null
                || address.getRawUserInfo() != null
                || address.getRawFragment() != null
                || hasDotSegment(path)) {
            throw MillraceException.invalid(
                    "expected an address such as https://host/path without user, fragment and dot"
                            + " segments, got "
                            + shown(address));
        }
    }

    private static boolean hasDotSegment(String path) {
        String plain = path.toLowerCase(Locale.ROOT).replace("%2e", ".").replace("%2f", "/");
        for (String segment : plain.replace('\\', '/').split("/", -1)) {
            if (segment.equals(".") || segment.equals("..")) {
                return true;
            }
        }
        return false;
    }

    /** Without user and query, which may hold secrets. */
    public static String shown(URI address) {
        String host = address.getHost() == null ? "" : "//" + address.getHost();
        String port = address.getPort() < 0 ? "" : ":" + address.getPort();
        String path = address.getRawPath() == null ? "" : address.getRawPath();
        return address.getScheme() + ":" + host + port + path;
    }

    @Override
    public String toString() {
        return entries.isEmpty()
                ? "nothing"
                : String.join(", ", entries.stream().map(Entry::text).toList());
    }

    /**
     * One beginning of addresses.
     *
     * @param text as written
     * @param scheme in lower case
     * @param host in lower case; empty for any; with a leading {@code *.} for what ends so
     * @param port -1 for the scheme's own
     * @param path with which paths begin, as whole segments
     */
    private record Entry(String text, String scheme, String host, int port, String path) {

        private static final String ANY_SUBDOMAIN = "*.";

        static Entry parse(String text, String setting) {
            String plain = text.strip();
            if (plain.matches("[a-zA-Z][a-zA-Z0-9+.-]*:")) {
                return new Entry(
                        plain,
                        plain.substring(0, plain.length() - 1).toLowerCase(Locale.ROOT),
                        "",
                        -1,
                        "");
            }
            try {
                // A star is no part of a host name for URI, so it stands in for a letter here.
                URI uri = new URI(plain.replace("//*.", "//star."));
                if (uri.getScheme() == null
                        || uri.getRawUserInfo() != null
                        || uri.getRawQuery() != null
                        || (uri.getHost() == null && !uri.getScheme().equals("file"))) {
                    throw unreadable(plain, setting);
                }
                String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
                return new Entry(
                        plain,
                        uri.getScheme().toLowerCase(Locale.ROOT),
                        plain.contains("//*.") ? ANY_SUBDOMAIN + host.substring(5) : host,
                        uri.getPort(),
                        uri.getRawPath() == null ? "" : uri.getRawPath());
            } catch (URISyntaxException e) {
                throw unreadable(plain, setting);
            }
        }

        private static MillraceException unreadable(String text, String setting) {
            return MillraceException.invalid(
                    setting
                            + ": expected entries such as https://models.example.com/,"
                            + " s3://bucket/, file:/srv/models/ or https: for all public hosts, got '"
                            + text
                            + "'");
        }

        boolean allows(URI address) {
            return scheme.equalsIgnoreCase(address.getScheme())
                    && (host.isEmpty() || isHost(address.getHost()))
                    && (host.isEmpty() || port == address.getPort())
                    && isBelow(address.getRawPath());
        }

        /**
         * Whether the host is allowed by its name, not by a scheme alone. In other addresses than
         * those of the web, what stands in its place is no host: a bucket, for one.
         */
        boolean names(String name) {
            boolean isWeb = scheme.equals("https") || scheme.equals("http");
            return isWeb && !host.isEmpty() && isHost(name);
        }

        private boolean isHost(String name) {
            if (name == null) {
                return false;
            }
            String lower = name.toLowerCase(Locale.ROOT);
            return host.startsWith(ANY_SUBDOMAIN)
                    ? lower.endsWith(host.substring(1))
                    : lower.equals(host);
        }

        /** {@code /a} is above {@code /a} and {@code /a/b}, not above {@code /ab}. */
        private boolean isBelow(String other) {
            String actual = other == null || other.isEmpty() ? "/" : other;
            if (path.isEmpty() || path.equals("/")) {
                return true;
            }
            String folder = path.endsWith("/") ? path : path + "/";
            return actual.startsWith(folder) || actual.equals(path);
        }
    }
}
