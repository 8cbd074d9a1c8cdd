package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.store.ResourceStore;
import java.util.List;

/** Certificates for the clients of a data source. */
final class CertificateRoute {
    private final ResourceStore store;
    private final ClientCertificates certificates;

    CertificateRoute(ResourceStore store, ClientCertificates certificates) {
        this.store = store;
        this.certificates = certificates;
    }

    Route route() {
        return new Route(
                Method.POST,
                "/projects/{project}/datasources/{name}/certificates",
                "issueCertificate",
                "Makes a client certificate: a zip of ca.crt, client.crt and client.key",
                List.of(),
                Body.NONE,
                new Answer(200, "binary", "application/zip"),
                this::issue);
    }

    private void issue(Call call) {
        ResourceKey key = call.existing(Kind.DATA_SOURCE, store);
        byte[] zip = certificates.issue(key.project(), key.name());
        call.response()
                .header(HeaderNames.CONTENT_TYPE, "application/zip")
                // It holds a private key that exists nowhere else.
                .header(HeaderNames.CACHE_CONTROL, "no-store")
                .header(
                        HeaderNames.CONTENT_DISPOSITION,
                        "attachment; filename=\"" + key.name() + "-certs.zip\"")
                .send(zip);
    }
}
