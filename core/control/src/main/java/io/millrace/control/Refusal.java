package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.ResourceKey;

/**
 * Why a change is not admitted.
 *
 * @param key the resource that somebody wanted to change
 * @param code {@code INVALID} when the change itself is wrong, {@code CONFLICT} when it does not
 *     fit what is there
 * @param pointer to the place in the manifest as a JSON pointer; empty when it is the whole
 * @param message what is wrong and what to do
 */
public record Refusal(ResourceKey key, ErrorCode code, String pointer, String message) {}
