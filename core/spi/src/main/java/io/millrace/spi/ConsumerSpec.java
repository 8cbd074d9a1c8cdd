package io.millrace.spi;

/**
 * How a member of a consumer group reads.
 *
 * @param group members of the same group share the partitions
 * @param member stable over restarts and unique in the group, so that a member that comes back
 *     after a crash takes its partitions over at once
 * @param startMillis where a partition without committed offset starts: with the first record whose
 *     timestamp is not earlier; 0 for the oldest record
 * @param maxRecords the most that one poll returns
 */
public record ConsumerSpec(String group, String member, long startMillis, int maxRecords) {}
