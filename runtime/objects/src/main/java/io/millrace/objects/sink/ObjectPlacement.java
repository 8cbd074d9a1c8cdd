package io.millrace.objects.sink;

import io.millrace.api.MillraceException;
import io.millrace.api.ObjectNames;

/**
 * Where an object goes.
 *
 * @param bucket its name
 * @param key of the object
 */
record ObjectPlacement(String bucket, String key) {

    /** Reads a destination; everything behind the first slash is the key. */
    static ObjectPlacement of(String destination) {
        int slash = destination.indexOf('/');
        if (slash <= 0 || slash == destination.length() - 1) {
            throw MillraceException.invalid(
                    "expected bucket/key as the place of an object, got '%s'"
                            .formatted(ObjectNames.shown(destination)));
        }
        return new ObjectPlacement(
                destination.substring(0, slash), destination.substring(slash + 1));
    }

    String shown() {
        return "s3://" + ObjectNames.shown(bucket) + "/" + ObjectNames.shown(key);
    }
}
