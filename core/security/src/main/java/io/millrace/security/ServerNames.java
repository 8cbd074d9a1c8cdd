package io.millrace.security;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names and addresses under which clients reach this server.
 *
 * @param hosts DNS names
 * @param addresses IP addresses, as text
 */
public record ServerNames(Set<String> hosts, Set<String> addresses) {

    private static final Logger log = LoggerFactory.getLogger(ServerNames.class);

    public ServerNames {
        hosts = Set.copyOf(hosts);
        addresses = Set.copyOf(addresses);
    }

    /** What this machine calls itself, loopback included. */
    public static ServerNames ofThisMachine() {
        var hosts = new TreeSet<>(Set.of("localhost"));
        var addresses = new TreeSet<>(Set.of("127.0.0.1", "0:0:0:0:0:0:0:1"));
        try {
            String host = InetAddress.getLocalHost().getHostName();
            if (isHostName(host)) {
                hosts.add(host);
            }
        } catch (UnknownHostException e) {
            log.debug("this machine's host name does not resolve: {}", e.getMessage());
        }
        try (var interfaces = NetworkInterface.networkInterfaces()) {
            interfaces
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLinkLocalAddress())
                    .map(ServerNames::text)
                    .forEach(addresses::add);
        } catch (IOException e) {
            log.warn("cannot list the addresses of this machine: {}", e.getMessage());
        }
        return new ServerNames(hosts, addresses);
    }

    /** Whether a certificate made for these serves the others too. */
    boolean covers(ServerNames other) {
        return hosts.containsAll(other.hosts) && addresses.containsAll(other.addresses);
    }

    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return address instanceof Inet6Address && zone >= 0 ? text.substring(0, zone) : text;
    }

    private static boolean isHostName(String host) {
        return !host.isEmpty()
                && host.length() <= 253
                && host.chars()
                        .allMatch(c ->
                                c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '.'));
    }
}
