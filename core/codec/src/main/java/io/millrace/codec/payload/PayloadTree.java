package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** Payloads as trees, for looking at and comparing; not for the hot path. */
final class PayloadTree {

    private static final int MAX_DEPTH = 100;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private PayloadTree() {}

    /** The payload as a tree, whichever of the two it is; empty when it is neither. */
    static Optional<JsonNode> of(byte[] payload) {
        if (isMessagePackLikely(payload)) {
            Optional<JsonNode> tree = ofMessagePack(payload);
            if (tree.isPresent()) {
                return tree;
            }
        }
        return ofJson(payload);
    }

    static Optional<JsonNode> ofJson(byte[] payload) {
        try {
            JsonNode tree = JSON.readTree(payload);
            return tree == null || tree.isMissingNode() ? Optional.empty() : Optional.of(tree);
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    /** Whether it begins as a map or an array does; no JSON and no text does. */
    static boolean isMessagePackLikely(byte[] payload) {
        int code = payload.length == 0 ? 0 : payload[0] & 0xff;
        return (code >= 0x80 && code <= 0x9f) || (code >= 0xdc && code <= 0xdf);
    }

    /** The payload as a tree when it is one value and nothing more. */
    static Optional<JsonNode> ofMessagePack(byte[] payload) {
        var scanner = new MessagePackScanner();
        scanner.start(payload);
        try {
            JsonNode tree = value(scanner, MAX_DEPTH);
            return scanner.isAtEnd() ? Optional.of(tree) : Optional.empty();
        } catch (MillraceException _) {
            return Optional.empty();
        }
    }

    private static JsonNode value(MessagePackScanner in, int depth) {
        int code = in.next();
        if (code < 0x80) {
            return NODES.numberNode(code);
        }
        if (code >= 0xe0) {
            return NODES.numberNode((byte) code);
        }
        long array = in.arrayLength(code);
        if (array >= 0) {
            return array(in, array, deeper(depth));
        }
        long map = in.mapLength(code);
        if (map >= 0) {
            return map(in, map, deeper(depth));
        }
        long text = in.textLength(code);
        if (text >= 0) {
            int start = in.advance(text);
            return NODES.stringNode(
                    new String(in.data(), start, (int) text, StandardCharsets.UTF_8));
        }
        return scalar(in, code);
    }

    private static int deeper(int depth) {
        if (depth == 0) {
            throw MillraceException.invalid("nested deeper than " + MAX_DEPTH);
        }
        return depth - 1;
    }

    private static JsonNode array(MessagePackScanner in, long length, int depth) {
        var array = NODES.arrayNode();
        for (long i = 0; i < length; i++) {
            array.add(value(in, depth));
        }
        return array;
    }

    private static JsonNode map(MessagePackScanner in, long length, int depth) {
        var object = NODES.objectNode();
        for (long i = 0; i < length; i++) {
            JsonNode key = value(in, 0);
            object.set(key.isString() ? key.stringValue() : key.toString(), value(in, depth));
        }
        return object;
    }

    private static JsonNode scalar(MessagePackScanner in, int code) {
        return switch (code) {
            case 0xc0 -> NODES.nullNode();
            case 0xc2 -> NODES.booleanNode(false);
            case 0xc3 -> NODES.booleanNode(true);
            case 0xc4 -> binary(in, in.uint8());
            case 0xc5 -> binary(in, in.uint16());
            case 0xc6 -> binary(in, in.uint32());
            case 0xca -> NODES.numberNode(in.float32());
            case 0xcb -> NODES.numberNode(in.float64());
            case 0xcc -> NODES.numberNode(in.uint8());
            case 0xcd -> NODES.numberNode(in.uint16());
            case 0xce -> NODES.numberNode(in.uint32());
            case 0xcf -> unsigned(in.int64());
            case 0xd0 -> NODES.numberNode(in.int8());
            case 0xd1 -> NODES.numberNode(in.int16());
            case 0xd2 -> NODES.numberNode(in.int32());
            case 0xd3 -> NODES.numberNode(in.int64());
            default ->
                    throw MillraceException.invalid(
                            "%s has no form in JSON".formatted(MessagePackScanner.kind(code)));
        };
    }

    private static JsonNode unsigned(long value) {
        return value >= 0
                ? NODES.numberNode(value)
                : NODES.numberNode(new java.math.BigInteger(Long.toUnsignedString(value)));
    }

    private static JsonNode binary(MessagePackScanner in, long length) {
        int start = in.advance(length);
        byte[] bytes = Arrays.copyOfRange(in.data(), start, start + (int) length);
        return NODES.stringNode(PayloadText.hex(bytes, bytes.length));
    }
}
