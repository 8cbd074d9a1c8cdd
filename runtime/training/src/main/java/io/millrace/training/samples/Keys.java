package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.codec.ResourceWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of sets of samples: hashes of what was asked for. */
final class Keys {

    private static final int HEX_DIGITS = 32;

    private Keys() {}

    /** The same for all datasets that differ in their description only. */
    static String of(DatasetSpec spec, boolean leavesOut) {
        var plain =
                new DatasetSpec(
                        spec.ranges(),
                        spec.unlabelled(),
                        spec.decode(),
                        spec.label(),
                        spec.split(),
                        "");
        String text = ResourceWriter.specJson(Kind.DATASET, plain);
        String key = hash(text.getBytes(StandardCharsets.UTF_8));
        return leavesOut ? key + "-lenient" : key;
    }

    /** Whether a text is the name of a set. */
    static boolean isKey(String text) {
        return text.matches("[0-9a-f]{32}(-lenient)?");
    }

    static String hash(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(hash).substring(0, HEX_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this Java has no SHA-256", e);
        }
    }
}
