package io.millrace.spi;

import io.millrace.api.ErrorCode;
import java.util.List;

/** What a function made of one message. */
public sealed interface FunctionResult {

    /** It returned; these are the payloads it sent, in order, none of them at all is fine. */
    record Sent(List<byte[]> payloads) implements FunctionResult {}

    /** It failed. */
    record Failed(ErrorCode code, String reason) implements FunctionResult {}
}
