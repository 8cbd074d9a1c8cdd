package io.millrace.spi;

/** The headers that Millrace itself writes. */
public final class HeaderNames {

    /** The data source that took the record, as {@code project/name}. */
    public static final String SOURCE = "millrace.source";

    /** The field of the data source. */
    public static final String FIELD = "millrace.field";

    /** The topic at the sender's side, such as the MQTT topic. */
    public static final String TOPIC = "millrace.topic";

    /** When it was received: nanoseconds since the epoch, decimal. */
    public static final String RECEIVED = "millrace.received";

    /** Before the name of a level of the sender's topic: {@code millrace.capture.tenant}. */
    public static final String CAPTURE_PREFIX = "millrace.capture.";

    /** Where the sender wants the answer: the MQTT 5 response topic, or a topic of the log. */
    public static final String REPLY_TOPIC = "millrace.reply.topic";

    /** What the sender wants to see again with the answer: MQTT 5 correlation data, any bytes. */
    public static final String CORRELATION = "millrace.reply.correlation";

    /** What a store or Millrace says of the object behind a record begins so. */
    public static final String OBJECT_PREFIX = "object.";

    /** The bucket of the object that a record is about. */
    public static final String OBJECT_BUCKET = "object.bucket";

    /** The decoded key of the object that a record is about. */
    public static final String OBJECT_KEY = "object.key";

    /** Its size in bytes, decimal. */
    public static final String OBJECT_SIZE = "object.size";

    /** Its ETag without quotes. */
    public static final String OBJECT_ETAG = "object.etag";

    /** Its version, where the bucket keeps versions. */
    public static final String OBJECT_VERSION = "object.version";

    /** What happened to it, such as {@code ObjectCreated:Put}. */
    public static final String OBJECT_EVENT = "object.event";

    /** Before the name of an entry of the user's metadata: {@code object.meta.camera}. */
    public static final String OBJECT_META_PREFIX = "object.meta.";

    /** Outputs and dead letters: where they came from; see {@link Provenance}. */
    public static final String PROVENANCE = "millrace.provenance";

    /** Records that are tried again: the log topic where they were read first. */
    public static final String ORIGIN_TOPIC = "millrace.origin.topic";

    /** Records that are tried again: where they were read first, as topic/partition/offset. */
    public static final String ORIGIN_POSITION = "millrace.origin.position";

    /** Records that are tried again: their timestamp at first, milliseconds since the epoch. */
    public static final String ORIGIN_TIME = "millrace.origin.time";

    /** Records that are tried again: how often they were tried before, decimal. */
    public static final String ATTEMPTS = "millrace.attempts";

    /** All that Millrace writes begins so; senders cannot set such headers. */
    public static final String PREFIX = "millrace.";

    /**
     * What a source says of an MQTT packet begins so, such as {@code mqtt.client} and {@code
     * mqtt.user}; senders cannot set such headers either, of whatever source.
     */
    public static final String PACKET_PREFIX = "mqtt.";

    /** Dead letters: why, in words. */
    public static final String DEAD_REASON = "millrace.dead.reason";

    /** Dead letters: the {@code ErrorCode}. */
    public static final String DEAD_CODE = "millrace.dead.code";

    /** Dead letters: where it failed, such as {@code step 1 function/classify}. */
    public static final String DEAD_STAGE = "millrace.dead.stage";

    /** Dead letters: how often it was tried, decimal. */
    public static final String DEAD_ATTEMPTS = "millrace.dead.attempts";

    /** Dead letters: where it was read, as {@code topic/partition/offset}. */
    public static final String DEAD_POSITION = "millrace.dead.position";

    /** Dead letters: when it was given up: milliseconds since the epoch, decimal. */
    public static final String DEAD_AT = "millrace.dead.at";

    /** Dead letters: there when the payload did not fit; it stands where the record was read. */
    public static final String DEAD_WITHOUT_PAYLOAD = "millrace.dead.without-payload";

    /** What is said only of dead letters begins so. */
    public static final String DEAD_PREFIX = "millrace.dead.";

    private HeaderNames() {}

    /**
     * Whether only Millrace gives headers of a name. Every source leaves out what its senders call
     * so, and outputs over MQTT keep them inside, but for {@link #PROVENANCE}.
     */
    public static boolean isReserved(String name) {
        return name.startsWith(PREFIX)
                || name.startsWith(PACKET_PREFIX)
                || name.startsWith(OBJECT_PREFIX);
    }

    /**
     * Whether Kafka clients may give a header of a name and get it back with the answer: their own
     * ones and the {@link #CORRELATION}.
     */
    public static boolean isOfKafkaClients(String name) {
        return !isReserved(name) || name.equals(CORRELATION);
    }

    /**
     * Whether a header of a name goes to MQTT subscribers as a property: those of senders and
     * {@link #PROVENANCE}. The correlation goes along as what MQTT has for it.
     */
    public static boolean isForSubscribers(String name) {
        return !isReserved(name) || name.equals(PROVENANCE);
    }
}
