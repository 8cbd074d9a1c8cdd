package io.millrace.security;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Whom a client certificate stands for. It is read from the one URI among the alternative names and
 * from nowhere else: common names are for people.
 *
 * @param project the tenant
 * @param source the data source the certificate was issued for
 */
public record CertificateSubject(ProjectId project, ResourceName source) {

    private static final String PREFIX = "millrace://project/";
    private static final String MIDDLE = "/source/";
    private static final int URI_NAME = 6;

    /** As it stands in the certificate. */
    public String uri() {
        return PREFIX + project + MIDDLE + source;
    }

    /** Empty when the certificate names nobody, more than one, or somebody in a form not ours. */
    public static Optional<CertificateSubject> of(X509Certificate certificate) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return Optional.empty();
        }
        if (names == null) {
            return Optional.empty();
        }
        var uris =
                names.stream()
                        .filter(name -> name.size() == 2)
                        .filter(name -> Integer.valueOf(URI_NAME).equals(name.getFirst()))
                        .map(name -> String.valueOf(name.getLast()))
                        .toList();
        return uris.size() == 1 ? parse(uris.getFirst()) : Optional.empty();
    }

    static Optional<CertificateSubject> parse(String uri) {
        int middle = uri.indexOf(MIDDLE);
        if (!uri.startsWith(PREFIX) || middle < PREFIX.length()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new CertificateSubject(
                            new ProjectId(uri.substring(PREFIX.length(), middle)),
                            new ResourceName(uri.substring(middle + MIDDLE.length()))));
        } catch (MillraceException e) {
            return Optional.empty();
        }
    }
}
