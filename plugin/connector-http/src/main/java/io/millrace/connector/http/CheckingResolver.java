package io.millrace.connector.http;

import io.millrace.api.MillraceException;
import io.millrace.spi.AllowedOrigins;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/** Looks names up and refuses addresses; what it gives is what the client connects to. */
final class CheckingResolver implements DnsResolver {

    private final AllowedOrigins origins;

    CheckingResolver(AllowedOrigins origins) {
        this.origins = origins;
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        InetAddress[] addresses = SystemDefaultDnsResolver.INSTANCE.resolve(host);
        for (InetAddress address : addresses) {
            try {
                origins.checkAddress(host, address);
            } catch (MillraceException e) {
                throw new RefusedAddressException(e);
            }
        }
        return addresses;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }
}
