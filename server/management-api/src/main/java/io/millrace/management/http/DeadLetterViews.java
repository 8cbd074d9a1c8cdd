package io.millrace.management.http;

import io.millrace.codec.payload.PayloadText;
import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetterBox;
import io.millrace.spi.Header;
import io.millrace.spi.LetterJob;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Dead letters and the work on them as JSON. */
final class DeadLetterViews {

    /** How much of a payload is shown in a list. */
    private static final int IN_LIST = 256;

    /** How much of a payload is shown of one letter. */
    private static final int ALONE = 64 * 1024;

    private static final int HEX_BYTES = 512;

    private DeadLetterViews() {}

    static ObjectNode page(DeadLetterBox.Page page, boolean isKept) {
        ObjectNode body = Json.object().put("kept", isKept);
        ArrayNode letters = body.putArray("items");
        page.letters().forEach(letter -> letters.add(brief(letter)));
        page.next().ifPresent(next -> body.put("continue", next.toString()));
        return body;
    }

    static ObjectNode counts(DeadLetterBox.Counts counts, boolean isKept) {
        return Json.object()
                .put("kept", isKept)
                .put("open", counts.open())
                .put("redriven", counts.redriven())
                .put("dropped", counts.dropped());
    }

    static ObjectNode letter(DeadLetter letter) {
        ObjectNode json = head(letter);
        ArrayNode headers = json.putArray("headers");
        for (Header header : letter.headers()) {
            String text = PayloadText.of(header.value()).text();
            headers.addObject().put("name", header.name()).put("value", text);
        }
        json.set("payload", payload(letter, ALONE));
        return json;
    }

    private static ObjectNode brief(DeadLetter letter) {
        ObjectNode json = head(letter);
        json.set("payload", payload(letter, IN_LIST));
        return json;
    }

    private static ObjectNode head(DeadLetter letter) {
        ObjectNode json =
                Json.object()
                        .put("position", letter.place().toString())
                        .put("partition", letter.place().partition())
                        .put("offset", letter.place().offset())
                        .put("state", letter.fate().label())
                        .put("code", letter.code())
                        .put("stage", letter.stage())
                        .put("reason", letter.reason())
                        .put("attempts", letter.attempts())
                        .put("readAt", letter.readAt())
                        .put("diedAt", time(letter.diedMillis()))
                        .put("time", time(letter.timestampMillis()));
        byte[] key = letter.key();
        if (key != null) {
            json.put("key", new String(key, StandardCharsets.UTF_8));
        }
        ArrayNode steps = json.putArray("steps");
        letter.steps().forEach(steps::add);
        return json;
    }

    /** JSON as JSON, text as text, the rest as its bytes; all of it or its beginning. */
    private static ObjectNode payload(DeadLetter letter, int most) {
        byte[] start = letter.payload();
        byte[] shown = start.length <= most ? start : Arrays.copyOf(start, most);
        PayloadText text = PayloadText.of(shown, letter.payloadBytes());
        ObjectNode json =
                Json.object()
                        .put("form", text.form().label())
                        .put("size", letter.payloadBytes())
                        .put("isCut", shown.length < letter.payloadBytes());
        switch (text.form()) {
            case JSON, MESSAGE_PACK -> {
                // Payloads may say NaN, which no answer in JSON can.
                if (Json.isStrict(text.text())) {
                    json.set("json", Json.raw(text.text()));
                } else {
                    json.put("text", text.text());
                }
            }
            case TEXT -> json.put("text", text.text());
            case BINARY -> {
                int hex = Math.min(shown.length, HEX_BYTES);
                json.put("hex", HexFormat.of().formatHex(shown, 0, hex));
                json.put("base64", Base64.getEncoder().encodeToString(shown));
            }
        }
        return json;
    }

    static ObjectNode job(LetterJob job) {
        ObjectNode json =
                Json.object()
                        .put("id", job.id())
                        .put("action", job.action().label())
                        .put("state", job.state().label())
                        .put("looked", job.looked())
                        .put("total", job.total())
                        .put("settled", job.settled())
                        .put("startedAt", time(job.startedMillis()))
                        .put("changedAt", time(job.changedMillis()));
        if (!job.message().isEmpty()) {
            json.put("message", job.message());
        }
        return json;
    }

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }
}
