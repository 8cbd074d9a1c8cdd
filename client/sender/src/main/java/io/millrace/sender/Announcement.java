package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tells those who train that samples are in the log.
 *
 * @param number of the experiment that waits for them
 * @param ranges where they are
 * @param encoding how they are written
 * @param description for people, may be empty
 * @param validation the share that is looked at after each epoch
 * @param test the share that the model is judged by
 * @param total how many there are
 */
public record Announcement(
        long number,
        List<String> ranges,
        Encoding encoding,
        String description,
        double validation,
        double test,
        long total) {

    public Announcement {
        ranges = List.copyOf(ranges);
        if (number < 0) {
            throw MillraceException.invalid("experiments have numbers from 0, not " + number);
        }
        requireShares(validation, test);
    }

    /**
     * Looks whether something is left to train on.
     *
     * @throws MillraceException {@code INVALID} when nothing is
     */
    public static void requireShares(double validation, double test) {
        if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
            throw MillraceException.invalid(
                    "validation %s and test %s: expected shares from 0 that leave something to train on"
                            .formatted(validation, test));
        }
    }

    /** The key of the message: the number, in as many bytes as it needs. */
    byte[] key() {
        byte[] signed = BigInteger.valueOf(number).toByteArray();
        return signed.length > 1 && signed[0] == 0
                ? java.util.Arrays.copyOfRange(signed, 1, signed.length)
                : signed;
    }

    /** The message. */
    byte[] value() {
        ObjectNode message =
                JsonNodeFactory.instance.objectNode().put("topic", String.join(",", ranges));
        message.putNull("unsupervised_topic");
        message.put("input_format", encoding.format());
        message.put("description", description);
        message.putObject("dataset_restrictions");
        message.set("input_config", encoding.config());
        message.put("validation_rate", validation);
        message.put("test_rate", test);
        message.put("total_msg", total);
        message.put("incremental", false);
        return message.toString().getBytes(StandardCharsets.UTF_8);
    }
}
