package io.millrace.function;

/** The numbers of the worker protocol, version 1; see {@code worker/protocol/README.md}. */
final class Protocol {

    static final int VERSION = 1;

    static final int HELLO = 1;
    static final int CONFIG = 2;
    static final int READY = 3;
    static final int START_FAILED = 4;
    static final int CALL = 5;
    static final int STARTED = 6;
    static final int RESULT = 7;
    static final int DRAIN = 8;
    static final int CONFIG_TRANSFORMER = 9;
    static final int REQUEST = 10;
    static final int PREDICT = 11;
    static final int PREDICTED = 12;
    static final int RESPONSE = 13;

    static final int MAX_PAYLOAD = 50 << 20;
    static final int MAX_FRAME = 64 << 20;
    static final int MAX_SENDS = 65_535;
    static final int MAX_TEXT = 64 << 10;

    /** Flag of CALL: the batch entry point must not be used. */
    static final int SINGLY = 1;

    /** Flag of READY: the function has a batch entry point. */
    static final int BATCH = 1;

    /** The form of a request or prediction. */
    static final int V1 = 1;

    /** The form of a request or prediction. */
    static final int V2 = 2;

    /** The form of a request. */
    static final int EXPLAIN = 3;

    /** Added to the form of a request. */
    static final int EVENT = 16;

    private Protocol() {}
}
