package io.millrace.api.tensor;

import io.millrace.api.MillraceException;
import java.util.Arrays;

/** The extents of a tensor; -1 stands for an extent that is not fixed. Immutable. */
public final class Shape {

    /** An extent that is not fixed. */
    public static final long ANY = -1;

    private final long[] extents;

    private Shape(long[] extents) {
        this.extents = extents;
    }

    /** A shape of the given extents, each -1 or more. */
    public static Shape of(long... extents) {
        for (long extent : extents) {
            if (extent < ANY) {
                throw MillraceException.invalid("a shape cannot have the extent " + extent);
            }
        }
        return new Shape(extents.clone());
    }

    /** How many axes it has; 0 for a scalar. */
    public int rank() {
        return extents.length;
    }

    /** The extent of an axis, counted from 0. */
    public long extent(int axis) {
        return extents[axis];
    }

    /** Whether every extent is known. */
    public boolean isFixed() {
        for (long extent : extents) {
            if (extent == ANY) {
                return false;
            }
        }
        return true;
    }

    /**
     * How many elements it holds.
     *
     * @throws MillraceException when it is not fixed or the product is beyond {@code long}
     */
    public long elements() {
        return product(0);
    }

    /** How many elements one item of the first axis holds. */
    public long elementsPerItem() {
        return product(1);
    }

    private long product(int from) {
        long product = 1;
        for (int axis = from; axis < extents.length; axis++) {
            if (extents[axis] == ANY) {
                throw MillraceException.invalid("the shape " + this + " is not fixed");
            }
            try {
                product = Math.multiplyExact(product, extents[axis]);
            } catch (ArithmeticException e) {
                throw new MillraceException(
                        io.millrace.api.ErrorCode.TOO_LARGE,
                        "the shape " + this + " has more elements than can be counted",
                        e);
            }
        }
        return product;
    }

    /** Whether a fixed shape fits into this pattern, where -1 takes any extent. */
    public boolean accepts(Shape fixed) {
        if (fixed.rank() != rank()) {
            return false;
        }
        for (int axis = 0; axis < extents.length; axis++) {
            if (extents[axis] != ANY && extents[axis] != fixed.extents[axis]) {
                return false;
            }
        }
        return true;
    }

    /** The same shape with another first extent. */
    public Shape withItems(long items) {
        long[] changed = extents.clone();
        changed[0] = items;
        return new Shape(changed);
    }

    /** A copy of the extents. */
    public long[] toArray() {
        return extents.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    @Override
    public String toString() {
        return Arrays.toString(extents).replace(" ", "");
    }
}
