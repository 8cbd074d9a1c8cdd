package io.millrace.connector.s3;

import io.millrace.spi.AllowedOrigins;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/**
 * Looks names up and refuses addresses that are not allowed, right before they are connected to.
 */
final class CheckingResolver implements DnsResolver {

    private final AllowedOrigins origins;

    CheckingResolver(AllowedOrigins origins) {
        this.origins = origins;
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        InetAddress[] addresses = SystemDefaultDnsResolver.INSTANCE.resolve(host);
        for (InetAddress address : addresses) {
            origins.checkAddress(host, address);
        }
        return addresses;
    }

    @Override
    public String resolveCanonicalHostname(String host) throws UnknownHostException {
        return SystemDefaultDnsResolver.INSTANCE.resolveCanonicalHostname(host);
    }
}
