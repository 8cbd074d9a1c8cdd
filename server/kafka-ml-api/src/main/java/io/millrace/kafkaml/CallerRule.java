package io.millrace.kafkaml;

/** Says who may open a connection on which messages go both ways; HTTP has a filter for that. */
@FunctionalInterface
public interface CallerRule {

    /**
     * Whether a caller with these headers is served.
     *
     * @param host by which name it calls; empty when it gives none
     * @param origin the site of the web page that calls; empty for programs
     */
    boolean isAllowed(String host, String origin);
}
