package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Content in memory. */
final class MemoryBlobs implements BlobStore {
    private final Map<String, byte[]> contents = new ConcurrentHashMap<>();

    @Override
    public String put(InputStream content, long maxBytes) {
        try {
            byte[] bytes = content.readNBytes((int) Math.min(maxBytes, 1 << 24) + 1);
            if (bytes.length > maxBytes) {
                throw new MillraceException(ErrorCode.TOO_LARGE, "more than " + maxBytes);
            }
            String sha256 = sha256(bytes);
            contents.put(sha256, bytes);
            return sha256;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this JDK has no SHA-256", e);
        }
    }

    /** What is kept under a hash; empty when nothing is. */
    byte[] content(String sha256) {
        return contents.getOrDefault(sha256, new byte[0]);
    }

    @Override
    public boolean contains(String sha256) {
        return contents.containsKey(sha256);
    }

    @Override
    public Path open(String sha256) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "these blobs are in memory");
    }
}
