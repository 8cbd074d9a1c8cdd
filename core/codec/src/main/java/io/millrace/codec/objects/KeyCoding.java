package io.millrace.codec.objects;

/** How the keys of objects are written in notifications. */
public enum KeyCoding {
    /** As whoever sends the notification does it: raw from Ceph, encoded from all others. */
    AUTO,
    /** With {@code +} for a space and {@code %XX}. */
    ENCODED,
    /** As they are. */
    RAW
}
