package io.millrace.connector.http;

import java.net.URI;

/** A name for what an address leads to. */
final class FileNames {

    private static final String DEFAULT = "model";
    private static final int MAX_LENGTH = 128;

    private FileNames() {}

    /** The last part of its path when that is an ordinary name: the suffix says what it is. */
    static String of(URI address) {
        String path = address.getRawPath() == null ? "" : address.getRawPath();
        String last = path.substring(path.lastIndexOf('/') + 1);
        boolean isPlain =
                last.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*") && last.length() <= MAX_LENGTH;
        return isPlain ? last : DEFAULT;
    }
}
