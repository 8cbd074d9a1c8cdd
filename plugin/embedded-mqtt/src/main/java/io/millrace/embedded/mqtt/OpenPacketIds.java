package io.millrace.embedded.mqtt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The packet ids of one session that its client may still hold, and which message each stands for.
 * It lives in a mapped file, so it survives {@code kill -9}: writing costs two stores, and the
 * operating system has them when the method returns.
 *
 * <p>A slot is 16 bytes, message and packet id; id 0 means free. An id sits at its own place or, if
 * that is taken, at one of the next. Ids come in turn, so that is rare.
 */
final class OpenPacketIds {

    /** What to do with one of them. */
    interface Visitor {
        void visit(int packetId, long message);
    }

    private static final int SLOT_BYTES = 16;
    private static final int ID_OFFSET = 8;

    private final MappedByteBuffer slots;
    private final int mask;
    private int farthest;

    private OpenPacketIds(MappedByteBuffer slots, int capacity) {
        this.slots = slots;
        this.mask = capacity - 1;
        for (int slot = 0; slot < capacity; slot++) {
            int id = id(slot);
            if (id != 0) {
                farthest = Math.max(farthest, distance(id, slot));
            }
        }
    }

    /**
     * Reads what an earlier process left.
     *
     * @param capacity for a new file; a power of 2
     */
    static OpenPacketIds open(Path file, int capacity) throws IOException {
        try (var channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            if (!isWhole(channel.size())) {
                // Written and not only mapped: a full disk is to fail here, not at a store.
                var empty = ByteBuffer.allocate(capacity * SLOT_BYTES);
                channel.truncate(0);
                while (empty.hasRemaining()) {
                    channel.write(empty, empty.position());
                }
            }
            MappedByteBuffer slots = channel.map(MapMode.READ_WRITE, 0, channel.size());
            slots.order(ByteOrder.LITTLE_ENDIAN);
            return new OpenPacketIds(slots, slots.capacity() / SLOT_BYTES);
        }
    }

    /** A crash may have come while the file was made; then it holds nothing yet. */
    private static boolean isWhole(long bytes) {
        return bytes >= SLOT_BYTES && Long.bitCount(bytes) == 1 && bytes <= 65_536 * SLOT_BYTES;
    }

    /**
     * To be called before the packet goes out.
     *
     * @return false when there is no room, so that the id will be unknown after a restart
     */
    synchronized boolean add(int packetId, long message) {
        int free = -1;
        for (int distance = 0; distance <= mask; distance++) {
            int slot = (packetId + distance) & mask;
            int id = id(slot);
            if (id == packetId) {
                free = slot;
                break;
            }
            if (id == 0 && free < 0) {
                free = slot;
            }
            if (free >= 0 && distance >= farthest) {
                break;
            }
        }
        if (free < 0) {
            return false;
        }
        farthest = Math.max(farthest, distance(packetId, free));
        // In this order, or a kill in between leaves an id with the message of another.
        slots.putLong(free * SLOT_BYTES, message);
        slots.putInt(free * SLOT_BYTES + ID_OFFSET, packetId);
        return true;
    }

    /** To be called when the client has given it up, before the broker hears of that. */
    synchronized void remove(int packetId) {
        for (int distance = 0; distance <= farthest; distance++) {
            int slot = (packetId + distance) & mask;
            if (id(slot) == packetId) {
                slots.putInt(slot * SLOT_BYTES + ID_OFFSET, 0);
                return;
            }
        }
    }

    synchronized void clear() {
        for (int slot = 0; slot <= mask; slot++) {
            slots.putInt(slot * SLOT_BYTES + ID_OFFSET, 0);
        }
        farthest = 0;
    }

    synchronized void forEach(Visitor visitor) {
        for (int slot = 0; slot <= mask; slot++) {
            int id = id(slot);
            if (id != 0) {
                visitor.visit(id, slots.getLong(slot * SLOT_BYTES));
            }
        }
    }

    private int id(int slot) {
        return slots.getInt(slot * SLOT_BYTES + ID_OFFSET);
    }

    private int distance(int packetId, int slot) {
        return (slot - packetId) & mask;
    }
}
