package io.millrace.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The process's standard output, which remembers why it stopped working: a reader that went away
 * ({@code | head}) is no fault, a full disk is.
 */
final class StandardOutput extends OutputStream {

    private final OutputStream target;
    private @Nullable IOException failure;

    StandardOutput(OutputStream target) {
        this.target = target;
    }

    static StandardOutput ofProcess() {
        return new StandardOutput(new FileOutputStream(FileDescriptor.out));
    }

    /** Why output was lost, unless the reader just went away. */
    Optional<String> fault() {
        IOException seen = failure;
        if (seen == null) {
            return Optional.empty();
        }
        String message = String.valueOf(seen.getMessage());
        boolean readerLeft = message.toLowerCase(Locale.ROOT).contains("broken pipe");
        return readerLeft ? Optional.empty() : Optional.of(message);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            target.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void flush() throws IOException {
        target.flush();
    }
}
