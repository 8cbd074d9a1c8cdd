package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import java.util.HashMap;
import java.util.Map;

/**
 * A constant of a model, as far as it matters where its data lies.
 *
 * @param name for messages
 * @param type ONNX's number of the element type
 * @param elements how many; -1 when that cannot be counted
 * @param isExternal whether the data lies in another file
 * @param location keys and values that say where
 */
record TensorEntry(
        String name, int type, long elements, boolean isExternal, Map<String, String> location) {

    private static final int EXTERNAL = 1;
    private static final int MAX_KEYS = 16;
    private static final long UNCOUNTABLE = -1;

    /** Reads a {@code TensorProto}; case numbers are those of onnx.proto. */
    static TensorEntry read(WireReader in) {
        String name = "";
        int type = 0;
        long elements = 1;
        boolean isExternal = false;
        var location = new HashMap<String, String>();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> elements = extents(in, elements);
                case 2 -> type = in.smallNumber();
                case 8 -> name = in.text();
                case 13 -> entry(in.message(), location);
                case 14 -> isExternal |= in.smallNumber() == EXTERNAL;
                default -> in.skip();
            }
        }
        return new TensorEntry(name, type, elements, isExternal, location);
    }

    /** Refuses data that lies where it must not. */
    void check(ExternalData external) {
        if (!isExternal) {
            return;
        }
        int bits = ElementTypes.bits(type);
        if (bits == 0 || elements < 0 || elements > Long.MAX_VALUE / 128) {
            throw MillraceException.invalid(
                    "the tensor '%s' has external data, which cannot be of %s or of this shape"
                            .formatted(Messages.shorten(name), ElementTypes.name(type)));
        }
        external.check(name, location, (elements * bits + 7) / 8);
    }

    private static long extents(WireReader in, long elements) {
        if (!in.isBytes()) {
            return product(elements, in.number());
        }
        long product = elements;
        WireReader packed = in.message();
        while (packed.hasMore()) {
            product = product(product, packed.packedNumber());
        }
        return product;
    }

    private static long product(long elements, long extent) {
        if (elements < 0 || extent < 0) {
            return UNCOUNTABLE;
        }
        long high = Math.multiplyHigh(elements, extent);
        long low = elements * extent;
        return high == 0 && low >= 0 ? low : UNCOUNTABLE;
    }

    private static void entry(WireReader in, Map<String, String> location) {
        String key = "";
        String value = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> key = in.text();
                case 2 -> value = in.text();
                default -> in.skip();
            }
        }
        if (location.size() == MAX_KEYS || location.putIfAbsent(key, value) != null) {
            throw MillraceException.invalid(
                    "the ONNX file is damaged: external data has too many keys, or '"
                            + Messages.shorten(key)
                            + "' twice");
        }
    }
}
