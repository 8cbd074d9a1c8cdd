package io.millrace.inference;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ArtifactSource;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Gives the files that a test put at an address. */
final class FakeSource implements ArtifactSource {

    private final Map<String, Map<String, byte[]>> addresses = new ConcurrentHashMap<>();
    private final AtomicInteger fetches = new AtomicInteger();

    /** Puts files at an address, in place of those that were there. */
    void put(String address, Map<String, byte[]> files) {
        addresses.put(address, files);
    }

    int fetches() {
        return fetches.get();
    }

    @Override
    public Set<String> schemes() {
        return Set.of("https", "s3");
    }

    @Override
    public void check(URI address) {
        if ("169.254.169.254".equals(address.getHost())) {
            throw new MillraceException(ErrorCode.DENIED, address.getHost() + " is not allowed");
        }
    }

    @Override
    public void fetch(URI address, Path folder, DataSize limit) {
        fetches.incrementAndGet();
        Map<String, byte[]> files = addresses.get(address.toString());
        if (files == null) {
            throw MillraceException.notFound("there is nothing at " + address);
        }
        files.forEach((name, content) -> write(folder.resolve(name), content));
    }

    private static void write(Path file, byte[] content) {
        try {
            Files.createDirectories(java.util.Objects.requireNonNull(file.getParent()));
            Files.write(file, content);
        } catch (IOException e) {
            throw MillraceException.internal("cannot write " + file, e);
        }
    }
}
