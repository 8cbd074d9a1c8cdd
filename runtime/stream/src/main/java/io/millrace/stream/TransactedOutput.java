package io.millrace.stream;

/**
 * An output whose answers are part of the task's transactions.
 *
 * @param form what they look like
 * @param topics those that it may write to
 */
record TransactedOutput(OutputForm form, LogTopics topics) {}
