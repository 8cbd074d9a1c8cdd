package io.millrace.connector.http;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Copies to a file, up to a limit. */
final class LimitedCopy {

    private static final int BUFFER = 1 << 16;

    private LimitedCopy() {}

    static void copy(InputStream from, Path to, DataSize limit, String shown) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long total = 0;
        try (var out = Files.newOutputStream(to, StandardOpenOption.CREATE_NEW)) {
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                total += n;
                if (total > limit.bytes()) {
                    throw tooLarge(shown, limit);
                }
                out.write(buffer, 0, n);
            }
        }
    }

    static MillraceException tooLarge(String shown, DataSize limit) {
        return new MillraceException(
                ErrorCode.TOO_LARGE, "%s is larger than the %s allowed".formatted(shown, limit));
    }
}
