package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Writes numbers one after another into an item, scaled and converted to the type of the tensor. A
 * number that the type cannot hold is refused: a model must not see another one in its place.
 *
 * <p>Hot path: called for each element.
 */
final class ElementWriter {

    static final VarHandle INT16 = view(short[].class);
    static final VarHandle INT32 = view(int[].class);
    static final VarHandle INT64 = view(long[].class);
    static final VarHandle FP32 = view(float[].class);
    static final VarHandle FP64 = view(double[].class);

    private static final double TWO_TO_63 = 0x1p63;
    private static final double TWO_TO_64 = 0x1p64;

    private final ItemLayout layout;
    private final DataType type;
    private final double scale;
    private final boolean isScaled;
    private final int elementBytes;

    private byte[] target = new byte[0];
    private int itemStart;
    private int position;
    private int field;

    ElementWriter(ItemLayout layout) {
        this.layout = layout;
        this.type = layout.type();
        this.scale = layout.scale();
        this.isScaled = scale != 1.0;
        this.elementBytes = type.bytes();
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    void startItem(byte[] batch, int item) {
        target = batch;
        itemStart = Math.multiplyExact(item, layout.itemBytes());
        startField(0);
    }

    void startField(int index) {
        field = index;
        position = itemStart + layout.firstElement(index) * elementBytes;
    }

    /** Lets go of the batch, which may be large and short-lived. */
    void endItem() {
        target = new byte[0];
    }

    /** How many elements of the current field were written. */
    int written() {
        return (position - itemStart) / elementBytes - layout.firstElement(field);
    }

    void putDouble(double value) {
        double scaled = isScaled ? value * scale : value;
        switch (type) {
            case FP32 -> {
                float narrow = (float) scaled;
                check(Float.isFinite(narrow), value);
                FP32.set(target, position, narrow);
            }
            case FP64 -> {
                check(Double.isFinite(scaled), value);
                FP64.set(target, position, scaled);
            }
            case FP16 -> {
                short half = Float.floatToFloat16((float) scaled);
                check(Float.isFinite(Float.float16ToFloat(half)), value);
                INT16.set(target, position, half);
            }
            case BF16 -> {
                short brain = toBrainFloat((float) scaled);
                check(Float.isFinite(Float.intBitsToFloat(brain << 16)), value);
                INT16.set(target, position, brain);
            }
            case BOOL, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> {
                check(scaled == Math.rint(scaled) && Double.isFinite(scaled), value);
                if (type == DataType.UINT64 && scaled >= TWO_TO_63) {
                    check(scaled < TWO_TO_64, value);
                    INT64.set(target, position, (long) (scaled - TWO_TO_63) ^ Long.MIN_VALUE);
                } else {
                    check(scaled >= -TWO_TO_63 && scaled < TWO_TO_63, value);
                    putWhole((long) scaled);
                }
            }
            case BYTES -> throw noFlatMemory();
        }
        position += elementBytes;
    }

    void putLong(long value) {
        if (isScaled || type.isFloat()) {
            putDouble((double) value);
        } else {
            putWhole(value);
            position += elementBytes;
        }
    }

    /** A whole number of 64 bits without sign. */
    void putUnsigned(long bits) {
        if (bits >= 0) {
            putLong(bits);
        } else if (type == DataType.UINT64 && !isScaled) {
            INT64.set(target, position, bits);
            position += elementBytes;
        } else {
            putDouble(unsignedToDouble(bits));
        }
    }

    void putBoolean(boolean value) {
        target[position] = (byte) (value ? 1 : 0);
        position += 1;
    }

    boolean takesBooleans() {
        return type == DataType.BOOL;
    }

    private void putWhole(long value) {
        switch (type) {
            case BOOL -> {
                checkWhole(value == 0 || value == 1, value);
                target[position] = (byte) value;
            }
            case INT8 -> {
                checkWhole(value == (byte) value, value);
                target[position] = (byte) value;
            }
            case UINT8 -> {
                checkWhole((value & ~0xffL) == 0, value);
                target[position] = (byte) value;
            }
            case INT16 -> {
                checkWhole(value == (short) value, value);
                INT16.set(target, position, (short) value);
            }
            case UINT16 -> {
                checkWhole((value & ~0xffffL) == 0, value);
                INT16.set(target, position, (short) value);
            }
            case INT32 -> {
                checkWhole(value == (int) value, value);
                INT32.set(target, position, (int) value);
            }
            case UINT32 -> {
                checkWhole((value & ~0xffff_ffffL) == 0, value);
                INT32.set(target, position, (int) value);
            }
            case INT64 -> INT64.set(target, position, value);
            case UINT64 -> {
                checkWhole(value >= 0, value);
                INT64.set(target, position, value);
            }
            case FP16, BF16, FP32, FP64, BYTES -> throw noFlatMemory();
        }
    }

    private void check(boolean fits, double value) {
        if (!fits) {
            throw doesNotFit(Double.toString(value));
        }
    }

    private void checkWhole(boolean fits, long value) {
        if (!fits) {
            throw doesNotFit(Long.toString(value));
        }
    }

    private MillraceException doesNotFit(String value) {
        String scaling = isScaled ? " (times " + scale + ")" : "";
        return layout.wrongAt(
                field,
                written(),
                layout.rank(),
                value + scaling + ", which " + type.plainName() + " cannot hold,");
    }

    private static MillraceException noFlatMemory() {
        return MillraceException.internal("byte strings have no flat memory", null);
    }

    /** Rounds to the nearest, ties to even; not-a-number stays one. */
    static short toBrainFloat(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    static double unsignedToDouble(long bits) {
        // Half of it, with the lost bit kept so that rounding is right, then doubled.
        return bits >= 0 ? (double) bits : ((double) ((bits >>> 1) | (bits & 1))) * 2.0;
    }
}
